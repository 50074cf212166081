//! The catalogue in the panel: uploads, the preview, publishing, going back, search and rows.

use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use rust_xlsxwriter::Workbook;
use zip::{CompressionMethod, write::SimpleFileOptions};

use super::{Client, Panel, Reply};
use crate::price_lists::JPEG;

const LIST: &str = "Артикул;Наименование;Цена, руб.;Остаток;Гарантия\n\
    A-1;Насос скважинный зелёный;1000;5;24\nA-2;Кран шаровой латунный;200;7;12\nA-3;Люк полимерный дорожный;300;1;6\n";
const RAISED: &str = "Артикул;Наименование;Цена, руб.;Остаток;Гарантия\n\
    A-1;Насос скважинный зелёный;1500;5;24\nA-2;Кран шаровой латунный;200;7;12\nA-4;Насос дренажный синий;400;1;6\n";

/// Follows an upload until nothing is worked on, and returns its address and page.
async fn settled(client: &mut Client, reply: Reply) -> (String, Reply) {
    let address =
        reply.location.clone().unwrap_or_else(|| panic!("no draft: {} {}", reply.status, reply.body));
    assert!(address.starts_with("/admin/catalogue/uploads/"), "{address}");
    let page = waited(client, &address).await;
    (address, page)
}

pub async fn waited(client: &mut Client, address: &str) -> Reply {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let page = client.get(address).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let working = ["queued", "reading", "publishing"];
        if !working.iter().any(|state| page.body.contains(&format!("data-state=\"{state}\""))) {
            return page;
        }
        assert!(Instant::now() < deadline, "{}", page.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn is(page: &Reply, state: &str) {
    assert!(page.body.contains(&format!("data-state=\"{state}\"")), "not {state}: {}", page.body);
}

fn says(page: &Reply, parts: &[&str]) {
    for part in parts {
        assert!(page.body.contains(part), "«{part}» is not in {}", page.body);
    }
}

async fn manager(panel: &Panel) -> Client {
    let mut client = panel.logged_in("Mila").await;
    client.get("/admin/catalogue").await;
    client
}

/// Folders of the uploads.
fn drafts(panel: &Panel) -> usize {
    fs::read_dir(panel.home.path("data/uploads")).map_or(0, |entries| entries.count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_corrected_published_searched_and_taken_back() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    let reply = client.upload("Снаб", &[("прайс.csv", LIST.as_bytes())]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let (address, page) = settled(&mut client, reply).await;
    is(&page, "preview");
    says(
        &page,
        &["прайс.csv", "Sample items go: ", "Насос скважинный зелёный", "Цена, руб.", "column.C", "Publish"],
    );

    // The warranty is chosen to be the stock, on the sheet itself; the stock becomes an attribute by it.
    let corrected =
        client.post(&address, &[("sheet", "1"), ("column.E", "stock"), ("column.D", "none")]).await;
    assert_eq!(corrected.status, 303, "{}", corrected.body);
    let page = waited(&mut client, &address).await;
    is(&page, "preview");
    says(&page, &["your choice"]);

    let published = client.post(&format!("{address}/publish"), &[]).await;
    assert_eq!(published.status, 303, "{}", published.body);
    let page = waited(&mut client, &address).await;
    is(&page, "published");
    let row = client.get("/admin/catalogue/rows/A-1").await;
    says(&row, &["Насос скважинный зелёный", "24", "Снаб"]);
    assert!(!row.body.contains("Остаток"), "what was left out is not imported: {}", row.body);

    // The second list remembers the columns, and shows what it changes.
    client.get("/admin/catalogue").await;
    let reply = client.upload("Снаб", &[("прайс-2.csv", RAISED.as_bytes())]).await;
    let (second, page) = settled(&mut client, reply).await;
    says(&page, &["your choice", "+50%", "A-1"]);
    let gone = client.get(&format!("{second}?tab=gone")).await;
    says(&gone, &["Люк полимерный дорожный"]);
    let report = client.get(&format!("{second}/report.txt")).await;
    says(&report, &["прайс-2.csv"]);
    client.get(&second).await;
    client.post(&format!("{second}/publish"), &[]).await;
    is(&waited(&mut client, &second).await, "published");

    let found = client
        .get("/admin/catalogue/search?q=%D0%BD%D0%B0%D1%81%D0%BE%D1%81%20%D1%81%D0%B8%D0%BD%D0%B8%D0%B9")
        .await;
    says(&found, &["A-4", "words: насос, синий"]);
    let words = super::client::encoded(&[("q", "насос синий ручной")]);
    let partly = client.get(&format!("/admin/catalogue/search?{words}")).await;
    says(&partly, &["A-4", "words: насос, синий", "lacks: ручной"]);
    let row = client.get("/admin/catalogue/rows/A-1").await;
    says(&row, &["1,500", "1,000"]);

    // One step back, of which a second press in another window knows.
    let page = client.get("/admin/catalogue").await;
    let (_, rest) = page.body.split_once("name=\"generation\" value=\"").expect("a step back");
    let generation = rest.split('"').next().expect("an id").to_owned();
    for said in ["catalogue.rolled_back", "catalogue.no_earlier"] {
        let reply = client.post("/admin/catalogue/rollback", &[("generation", &generation)]).await;
        assert!(reply.location.as_deref().is_some_and(|to| to.ends_with(said)), "{said}: {reply:?}");
    }
    let row = client.get("/admin/catalogue/rows/A-3").await;
    says(&row, &["Люк полимерный дорожный"]);
    let audit = panel.home.tolmach(&["audit", "list", "--json"]).run().ok().stdout;
    for action in ["catalog.upload", "catalog.columns", "catalog.import", "catalog.rollback"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
    assert!(audit.contains("Mila"), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_files_end_in_one_clear_sentence() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    let sample = fs::read(samples().join("tolmach-samples.xlsx")).expect("a sample");
    let half = &sample[..sample.len() / 2];
    let bomb = bomb();
    for (name, content, said) in [
        ("empty.xlsx", b"".as_slice(), "the file is empty"),
        ("half.xlsx", half, "half.xlsx"),
        ("photo.xlsx", JPEG, "not a price list"),
        ("words.csv", "просто текст без таблицы".as_bytes(), "no header row found"),
        ("bomb.xlsx", &bomb, "bomb.xlsx"),
    ] {
        client.get("/admin/catalogue").await;
        let reply = client.upload("", &[(name, content)]).await;
        assert_eq!(reply.status, 303, "{name}: {}", reply.body);
        let (address, page) = settled(&mut client, reply).await;
        says(&page, &[said]);
        let publish = client.post(&format!("{address}/publish"), &[]).await;
        assert_eq!(publish.status, 422, "{name}: {}", publish.body);
        client.get(&address).await;
        let discarded = client.post(&format!("{address}/discard"), &[]).await;
        assert_eq!(discarded.status, 303, "{name}");
        assert_eq!(client.get(&address).await.status, 404, "{name}");
    }
    assert_eq!(drafts(&panel), 0, "nothing is left");
    let page = client.get("/admin/catalogue").await;
    says(&page, &["sample"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_cannot_be_taken_leave_nothing() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    let list = LIST.as_bytes();
    let many: Vec<(&str, &[u8])> = vec![("a.csv", list); 21];
    for (supplier, files, said) in [
        ("", vec![], "no price list"),
        ("", vec![("photos.zip", b"x".as_slice())], "no price list"),
        ("", vec![("a.zip", b"x".as_slice()), ("b.zip", b"x"), ("a.csv", list)], "one archive"),
        ("a/b", vec![("a.csv", list)], "100 characters"),
        ("", many, "20 files"),
    ] {
        let token = client.token.clone();
        let reply = client.upload_with(&token, supplier, &files).await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        says(&reply, &[said]);
        assert_eq!(drafts(&panel), 0, "{said}");
        client.get("/admin/catalogue").await;
    }
    // Without the token of this login not a byte of a file is stored.
    let reply = client.upload_with("another", "", &[("a.csv", list)]).await;
    assert_eq!((reply.status, drafts(&panel)), (403, 0), "{}", reply.body);
    // A form that breaks off.
    client.get("/admin/catalogue").await;
    let cut = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"files\"; filename=\"a.csv\"\r\n\r\nA;B",
        client.token
    );
    let reply = client
        .send_typed(
            reqwest::Method::POST,
            "/admin/catalogue/uploads",
            Some(("multipart/form-data; boundary=edge", cut.into_bytes())),
        )
        .await;
    assert_eq!((reply.status, drafts(&panel)), (422, 0), "{}", reply.body);
    // Whoever may only look cannot upload.
    let mut analyst = panel.logged_in("Anton").await;
    assert!(!analyst.get("/admin/catalogue").await.body.contains("data-upload"));
    let reply = analyst.upload("", &[("a.csv", list)]).await;
    assert_eq!((reply.status, drafts(&panel)), (403, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_with_one_name_photos_and_paths_in_names() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    let photos = zip(&[("A-1.jpg", JPEG), ("stranger.jpg", JPEG)], CompressionMethod::Stored);
    let files: [(&str, &[u8]); 3] =
        [("../../list.csv", LIST.as_bytes()), ("list.csv", RAISED.as_bytes()), ("p.zip", &photos)];
    let reply = client.upload("Снаб", &files).await;
    let (address, page) = settled(&mut client, reply).await;
    is(&page, "preview");
    says(&page, &["1 of 2 photos belong", "list.csv: "]);
    assert!(!panel.home.path("list.csv").exists() && !panel.home.path("data/list.csv").exists());
    client.post(&format!("{address}/publish"), &[]).await;
    is(&waited(&mut client, &address).await, "published");
    // Both files are the supplier's list: a row that both have is there twice.
    let page = client.get("/admin/catalogue/search?q=A-1").await;
    says(&page, &["<b>2", "/photos/"]);

    // Without a supplier each list is a draft of its own.
    client.get("/admin/catalogue").await;
    let reply = client.upload("", &[("north.csv", LIST.as_bytes()), ("south.csv", RAISED.as_bytes())]).await;
    assert_eq!(reply.location.as_deref(), Some("/admin/catalogue?saved=upload.several"));
    let page = client.get("/admin/catalogue?saved=upload.several").await;
    says(&page, &["north", "south", "a draft of its own"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_without_headings_is_mapped_by_hand() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, (name, price)) in [("уи", 10.0), ("ао", 20.0), ("эю", 30.0)].into_iter().enumerate() {
        let row = u32::try_from(row).expect("a row");
        sheet.write(row, 0, name).expect("a text").write(row, 1, price).expect("a number");
    }
    let bytes = workbook.save_to_buffer().expect("a workbook");
    let reply = client.upload("Рука", &[("нет заголовков.xlsx", &bytes)]).await;
    let (address, page) = settled(&mut client, reply).await;
    is(&page, "preview");
    says(&page, &["no header row found", "column.A", "disabled"]);
    client.post(&address, &[("sheet", "1"), ("column.A", "name"), ("column.B", "price")]).await;
    let page = waited(&mut client, &address).await;
    is(&page, "preview");
    says(&page, &["your choice", "эю"]);
    assert!(!page.body.contains("aria-disabled=\"true\""), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_questions_block_and_are_shown() {
    let panel = Panel::start().await;
    let mut client = manager(&panel).await;
    panel.home.write("flows/golden/own.yaml", "- query: насос синий\n  expect: [A-2]\n  within: 1\n");
    let reply = client.upload("Снаб", &[("list.csv", RAISED.as_bytes())]).await;
    let (address, page) = settled(&mut client, reply).await;
    says(&page, &["насос синий", "A-2", "disabled"]);
    let refused = client.post(&format!("{address}/publish"), &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    fs::remove_file(panel.home.path("flows/golden/own.yaml")).expect("removed");
    client.get(&address).await;
    client.post(&address, &[]).await;
    let page = waited(&mut client, &address).await;
    assert!(!page.body.contains("aria-disabled=\"true\""), "{}", page.body);
    let page = client.get("/admin/catalogue/golden").await;
    assert_eq!(page.status, 200, "{}", page.body);
}

fn samples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../catalog-samples"))
}

fn zip(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("an entry");
        zip.write_all(content).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

/// A workbook whose sheet unpacks to far more than any list has.
fn bomb() -> Vec<u8> {
    let row = "<row><c t=\"inlineStr\"><is><t>".to_owned() + &"x".repeat(1000) + "</t></is></c></row>";
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{}</sheetData></worksheet>",
        row.repeat(400_000)
    );
    zip(
        &[
            ("[Content_Types].xml", b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
            (
                "xl/workbook.xml",
                b"<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                b"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
            ),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ],
        CompressionMethod::Deflated,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_says_when_nothing_has_the_words() {
    let panel = Panel::start().await;
    let mut client = panel.logged_in("Mila").await;
    // Nothing has these words, and nothing is near.
    let none = client.get("/admin/catalogue/search?q=zzzzzz").await.body;
    assert!(none.contains("No item has these words") && none.contains("Nothing is near enough"), "{none}");
    assert!(!none.contains("class=\"hits\"") && !none.contains("by meaning 0"), "{none}");
    let picked = client.get("/admin/catalogue/search?q=zzzzzz&format=json").await.body;
    assert_eq!(picked, "{\"hits\":[]}");
    // Something is meant that the catalogue has under other words.
    let near = client
        .get(&format!("/admin/catalogue/search?{}", super::client::encoded(&[("q", "NEAR")])))
        .await
        .body;
    let by_meaning = near.contains("Nearest by meaning");
    assert_eq!(
        by_meaning,
        near.contains("No item has these words") && near.contains("class=\"hits\""),
        "{near}"
    );
    // Words that are there are not called missing, and neither are those that no row has at such a price.
    let words = client
        .get(&format!("/admin/catalogue/search?{}", super::client::encoded(&[("q", "перфоратор")])))
        .await
        .body;
    assert!(words.contains("class=\"hits\"") && !words.contains("has these words"), "{words}");
    let cheap = client
        .get(&format!(
            "/admin/catalogue/search?{}",
            super::client::encoded(&[("q", "перфоратор до 1 рубля")])
        ))
        .await
        .body;
    assert!(cheap.contains("No item with these words fits the conditions"), "{cheap}");
}
