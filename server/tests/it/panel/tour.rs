//! The pictures of docs/tour.md.

use std::{collections::BTreeSet, fs, path::PathBuf};

use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::{Client, dashboard::people};
use crate::{browser::Browser, support::Home};

const WIDE: (u64, u64) = (1440, 900);
const NARROW: (u64, u64) = (390, 844);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/tour")
}

/// Whoever reads the tour finds every picture, and none is kept that nobody sees.
#[test]
fn the_tour_and_its_pictures_belong_together() {
    let mut named = BTreeSet::new();
    for text in ["../README.md", "../docs/tour.md", "../docs/managers.md", "../docs/managers.ru.md"] {
        let text = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(text);
        let text = fs::read_to_string(&text).expect("a document");
        named.extend(text.split("tour/").skip(1).filter_map(|rest| {
            rest.split_once(".webp")
                .map(|(name, _)| format!("{name}.webp"))
                .filter(|name| !name.contains(' '))
        }));
    }
    let kept: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(named, kept);
    let bytes: u64 = kept.iter().map(|name| fs::metadata(folder().join(name)).expect("a file").len()).sum();
    assert!(bytes < 1_500_000, "{bytes} bytes of pictures; a clone carries them for ever");
}

struct Tour {
    browser: Browser,
    http: Client,
    address: String,
}

impl Tour {
    async fn look(&mut self, language: &str, theme: &str, (width, height): (u64, u64)) {
        self.http.get("/admin/account").await;
        let look = [("all", "1"), ("language", language), ("theme", theme), ("keys", "1")];
        assert_eq!(self.http.post("/admin/account/settings", &look).await.status, 303);
        self.browser.screen(width, height).await;
    }

    async fn visit(&mut self, path: &str) {
        self.browser.visit(&format!("http://{}{path}", self.address)).await;
    }

    async fn picture(&mut self, name: &str) {
        // What is loaded late, as the live connection, has come.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let parameters = json!({ "format": "webp", "quality": 78 });
        let picture = self.browser.call("Page.captureScreenshot", parameters).await;
        let data = tolmach_testkit::smtp::base64(picture["data"].as_str().expect("a picture"));
        fs::write(folder().join(format!("{name}.webp")), data).expect("saved");
    }

    /// Opens the first link that a selector finds.
    async fn open(&mut self, selector: &str, until: &str) {
        self.browser.run(&format!("document.querySelector('{selector}').click()")).await;
        self.browser.until(until).await;
    }

    /// Writes to the consultant and waits for what it says.
    async fn say(&mut self, text: &str) {
        const ANSWERS: &str = "document.querySelectorAll('.message.bot').length";
        let before = self.browser.run(ANSWERS).await;
        self.browser.write(text).await;
        self.browser.until(&format!("{ANSWERS} > {before} && !document.querySelector('.pending')")).await;
    }

    async fn upload(&mut self, file: &str) {
        let root = self.browser.call("DOM.getDocument", json!({})).await["root"]["nodeId"].clone();
        let query = json!({ "nodeId": root, "selector": "#upload-files" });
        let input = self.browser.call("DOM.querySelector", query).await["nodeId"].clone();
        self.browser.call("DOM.setFileInputFiles", json!({ "nodeId": input, "files": [file] })).await;
        self.browser.run("document.querySelector('[data-upload]').requestSubmit()").await;
        self.browser.until("document.querySelector('[data-mapping] select') !== null").await;
    }
}

/// A price list as suppliers send them: a title, sections, prices as text, a column that is taken for another.
fn price_list(home: &Home) -> String {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let rows: [&[&str]; 14] = [
        &["Прайс-лист на насосное оборудование, цены с НДС"],
        &["Код", "Наименование", "Ед.", "Цена, руб.", "Кол-во", "Гарантия"],
        &["Насосы погружные"],
        &["PN-1", "Насос погружной 0,37 кВт, напор 40 м", "шт", "8 450,00", "12", "24"],
        &["PN-2", "Насос погружной 0,55 кВт, напор 60 м", "шт", "11 900,00", "7", "24"],
        &["PN-3", "Насос погружной 0,75 кВт, напор 80 м", "шт", "14 300,00", "более 10", "24"],
        &["PN-4", "Насос погружной 1,1 кВт, напор 100 м", "шт", "18 750,00", "под заказ", "36"],
        &["Насосные станции"],
        &["ST-1", "Станция насосная 0,6 кВт, бак 24 л", "шт", "12 990,00", "5", "12"],
        &["ST-2", "Станция насосная 0,8 кВт, бак 50 л", "шт", "17 500,00", "3", "12"],
        &["ST-3", "Станция насосная 1,1 кВт, бак 100 л", "шт", "договорная", "нет", "12"],
        &["Принадлежности"],
        &["AC-1", "Обратный клапан 1 дюйм, латунь", "шт", "690,00", "140", "6"],
        &["AC-2", "Реле давления 1,4–2,8 бар", "шт", "1 150,00", "35", "6"],
    ];
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write(row, column, *cell).expect("a cell");
        }
    }
    let path = home.path("Насосы.xlsx");
    workbook.save(&path).expect("saved");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes the pictures of docs/tour anew"]
async fn the_tour_is_made_anew() {
    let browser = Browser::start().await.expect("Chromium");
    let home = Home::new();
    let days = std::env::var("TOLMACH_TEST_DEMO_DAYS").unwrap_or_else(|_| "14".to_owned());
    let ran = home.tolmach(&["demo", "--days", &days, "--fill-only"]).run().ok();
    let server = home.tolmach(&["run", "--data", "tolmach-demo", "--listen", "127.0.0.1:0"]).serve();
    let password = people(&ran.stdout)["Olga"].clone();
    let mut http = Client::new(&server.address);
    assert_eq!(http.log_in("Olga", &password).await.status, 303);
    fs::create_dir_all(folder()).expect("a folder");
    let mut tour = Tour { browser, http, address: server.address.clone() };

    tour.visit("/admin/login").await;
    tour.browser.fill_in("#name", "Olga").await;
    tour.browser.fill_in("#password", &password).await;
    tour.browser.run("document.querySelector('form button.primary').click()").await;
    tour.browser.until("location.pathname !== '/admin/login' && document.readyState === 'complete'").await;

    tour.look("en", "light", WIDE).await;
    tour.visit("/admin/?period=week").await;
    tour.picture("overview").await;
    tour.visit("/admin/inbox?queue=waiting").await;
    tour.open("[data-row]", "document.querySelector('#lines .says') !== null").await;
    tour.picture("dialogs").await;
    tour.open(".trace summary", "document.querySelector('.trace[open] .steps .node') !== null").await;
    tour.browser.run("document.querySelector('.trace[open]').scrollIntoView({ block: 'start' })").await;
    tour.picture("trace").await;
    tour.look("en", "dark", WIDE).await;
    tour.visit("/admin/leads").await;
    tour.picture("leads").await;
    tour.look("ru", "light", WIDE).await;
    tour.visit("/admin/leads?view=table").await;
    tour.open("[data-lead] a", "document.querySelector('.panel-lead, #lead, [data-panel]') !== null || location.pathname.startsWith('/admin/leads/')").await;
    tour.picture("lead").await;
    tour.visit("/admin/catalogue").await;
    tour.upload(&price_list(&home)).await;
    tour.picture("price-list").await;
    tour.visit("/admin/catalogue/search?q=перфоратор korvund до 10000").await;
    tour.picture("search").await;
    tour.look("en", "light", WIDE).await;
    tour.http.get("/admin/flows").await;
    let begun = tour.http.post("/admin/flows", &[("title", "Delivery by region")]).await;
    let draft = begun.location.expect("a draft");
    tour.visit(&format!("{draft}?file=consultant.yaml#L89")).await;
    tour.picture("editor").await;
    tour.visit("/admin/texts/company").await;
    tour.picture("company").await;
    tour.visit("/admin/settings/models").await;
    tour.picture("settings").await;
    tour.look("ru", "dark", NARROW).await;
    tour.visit("/admin/?period=week").await;
    tour.picture("overview-phone").await;
    tour.visit("/admin/inbox?queue=waiting").await;
    tour.picture("dialogs-phone").await;
    tour.look("ru", "light", WIDE).await;
    tour.visit("/").await;
    tour.browser.run("document.querySelector('[data-language=ru]').click()").await;
    // The greeting comes first: a message before it would be taken together with the next.
    tour.browser.until("document.querySelectorAll('.message.bot').length > 0").await;
    tour.say("нужен перфоратор до 10 тысяч").await;
    tour.say("сравни первый и третий").await;
    tour.picture("chat").await;
}
