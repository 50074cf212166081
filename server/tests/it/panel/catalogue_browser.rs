//! The catalogue in a real browser: a list with a wrong column, from the upload to the way back.

use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::Panel;
use crate::browser::Browser;

/// A list whose column of warranty a program takes for anything but that.
fn list(panel: &Panel) -> String {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0_u16..).zip(["Код", "Наименование", "Цена, руб.", "Кол-во", "Цвет"])
    {
        sheet.write(0, column, heading).expect("a heading");
    }
    for (row, (article, name, price, count, colour)) in (1_u32..).zip([
        ("ZV-1", "Звонок дверной беспроводной", 1500.0, 24.0, "белый"),
        ("ZV-2", "Звонок дверной проводной", 900.0, 12.0, "серый"),
        ("ZV-3", "Звонок велосипедный", 350.0, 6.0, "чёрный"),
    ]) {
        sheet.write(row, 0, article).expect("a text").write(row, 1, name).expect("a text");
        sheet.write(row, 2, price).expect("a number").write(row, 3, count).expect("a number");
        sheet.write(row, 4, colour).expect("a text");
    }
    let path = panel.home.path("Звонки.xlsx");
    workbook.save(&path).expect("saved");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_publishes_a_list_after_correcting_a_column_and_takes_it_back() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let file = list(&panel);
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/catalogue", panel.address)).await;
    browser.is_accessible("the catalogue").await;
    browser.photograph("catalogue").await;

    let root = browser.call("DOM.getDocument", json!({})).await["root"]["nodeId"].clone();
    let query = json!({ "nodeId": root, "selector": "#upload-files" });
    let input = browser.call("DOM.querySelector", query).await["nodeId"].clone();
    browser.call("DOM.setFileInputFiles", json!({ "nodeId": input, "files": [file] })).await;
    browser.run("document.querySelector('[data-upload]').requestSubmit()").await;
    browser.until("location.pathname.startsWith('/admin/catalogue/uploads/')").await;
    browser.until("document.querySelector('[data-mapping] select') !== null").await;
    assert!(browser.text("#main h1").await.contains("Звонки"));
    browser.until("document.querySelector('#main h1').innerText.includes('check before')").await;
    browser.is_accessible("a preview").await;
    browser.is_as_wide_as_the_screen("a preview").await;
    browser.photograph("catalogue-preview").await;

    // The warranty was taken for the stock: it is left out, on the sheet itself, without leaving the page.
    assert_eq!(browser.run("document.querySelector('#col-D').value").await, "stock");
    browser
        .run("(() => { const field = document.querySelector('#col-D'); field.value = 'none'; field.dispatchEvent(new Event('change', { bubbles: true })); })()")
        .await;
    browser.until("document.querySelector('#col-D')?.closest('th').classList.contains('named')").await;
    assert_eq!(browser.run("document.querySelector('#col-D').value").await, "none");
    browser.photograph("catalogue-corrected").await;
    browser.run("document.querySelector('.tabs a[href*=\"tab=new\"]').click()").await;
    browser.until("document.querySelector('#changes')?.innerText.includes('ZV-3')").await;
    browser.screen(390, 844).await;
    browser.is_as_wide_as_the_screen("a narrow preview").await;
    browser.is_accessible("a narrow preview").await;
    browser.photograph("catalogue-preview-narrow").await;
    browser.screen(1440, 1000).await;

    browser.run("document.querySelector('.publish button.primary').click()").await;
    browser.until("document.querySelector('[data-state=published]') !== null").await;
    browser.photograph("catalogue-published").await;
    browser.visit(&format!("http://{}/admin/catalogue/search", panel.address)).await;
    browser.fill_in("#q", "звонок дверной").await;
    browser.until("document.querySelectorAll('.hits li').length >= 2").await;
    let found = browser.text(".hits").await;
    assert!(found.contains("ZV-1") && found.contains("words: звонок, дверной"), "{found}");
    browser.is_accessible("a search").await;
    browser.photograph("catalogue-search").await;
    browser.run("document.querySelector('.hits a').click()").await;
    browser.until("location.pathname.startsWith('/admin/catalogue/rows/ZV-')").await;
    browser.until("document.readyState === 'complete'").await;
    let row = browser.text("#main").await;
    assert!(row.contains("Звонок дверной") && row.contains("Цвет") && !row.contains("Кол-во"), "{row}");
    browser.is_accessible("a row").await;
    browser.photograph("catalogue-row").await;
    browser.visit(&format!("http://{}/admin/catalogue/golden", panel.address)).await;
    browser.is_accessible("golden questions").await;
    browser.photograph("catalogue-golden").await;

    browser.visit(&format!("http://{}/admin/catalogue", panel.address)).await;
    browser.run("document.querySelector('form[action$=rollback]').requestSubmit()").await;
    browser.until("location.search.includes('rolled_back')").await;
    browser.visit(&format!("http://{}/admin/catalogue/search?q=ZV-1", panel.address)).await;
    assert!(!browser.text("#results").await.contains("беспроводной"), "the samples serve again");
    browser.is_content("the whole way");
}
