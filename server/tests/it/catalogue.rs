//! Price lists on the command line: valid ones, and other files that people send.

use std::fs;

use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::support::Home;

/// A small price list in a typical supplier's layout.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "Прайс-лист на сегодня").expect("written");
    for (column, name) in ["Артикул", "Наименование", "Цена, руб.", "Остаток"].into_iter().enumerate()
    {
        sheet.write(2, u16::try_from(column).expect("few"), name).expect("written");
    }
    let rows = [
        ("TL-001", "Тельфер электрический 500 кг", 18_900.0, 4.0),
        ("TL-002", "Тельфер электрический 1000 кг", 31_500.5, 0.0),
        ("LB-010", "Лебёдка ручная барабанная", 7_250.0, 12.0),
    ];
    for (row, (article, name, price, stock)) in (3..).zip(rows) {
        sheet.write(row, 0, article).expect("written");
        sheet.write(row, 1, name).expect("written");
        sheet.write(row, 2, price).expect("written");
        sheet.write(row, 3, stock).expect("written");
    }
    workbook.save_to_buffer().expect("saved")
}

fn articles(found: &Value) -> Vec<&str> {
    found["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .filter_map(|hit| hit["product"]["article"].as_str())
        .collect()
}

#[tokio::test]
async fn a_price_list_replaces_the_samples() {
    let home = Home::ready();
    home.write("Прайс поставщика.xlsx", workbook());
    let ran = home.tolmach(&["catalog", "import", "Прайс поставщика.xlsx"]).run().ok();
    for word in ["3 items imported", "demo source \"samples\" were removed", "the catalogue has 3 items"] {
        assert!(ran.stdout.contains(word), "«{word}» is not in: {}", ran.stdout);
    }
    let search = |query: &str| home.tolmach(&["catalog", "search", query, "--json"]).run().ok().json();
    let found = search("тельферы электрические");
    assert_eq!(articles(&found).len(), 2, "by another form of the words: {found}");
    assert_eq!(articles(&search("LB-010"))[0], "LB-010");
    assert_eq!(articles(&search("lb010"))[0], "LB-010", "an article as people type it");
    assert_eq!(search("LB-010")["hits"][0]["product"]["price"].to_string().trim_end_matches(".0"), "7250");
    let table = home.tolmach(&["catalog", "search", "лебедка"]).run().ok().stdout;
    assert!(table.contains("Лебёдка ручная барабанная") && table.contains("LB-010"), "{table}");
    let none = home.tolmach(&["catalog", "search", "перфоратор"]).run();
    assert_eq!(none.code, Some(1), "{none:?}");

    // A second supplier's rows are added; importing the same supplier again replaces its rows.
    home.write("second.csv", "Артикул;Наименование;Цена\nDM-1;Домкрат гидравлический 5 т;2 990,00\n");
    let second = home.tolmach(&["catalog", "import", "second.csv", "--json"]).run().ok().json();
    assert_eq!(second["switch"]["rows"], 4, "{second}");
    home.write("newer.csv", "Артикул;Наименование;Цена\nDM-2;Домкрат реечный;4 100\n");
    let newer =
        home.tolmach(&["catalog", "import", "newer.csv", "--source", "second", "--json"]).run().ok().json();
    assert_eq!(newer["switch"]["rows"], 4, "{newer}");
    assert_eq!(newer["switch"]["replaced"], 1, "{newer}");
    assert_eq!(articles(&search("домкрат")), ["DM-2"]);

    // Clients get the new rows.
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    assert_eq!(server.health().await["catalogue"]["items"], 4);
    let mut page = crate::page::Page::new(&server, "ru").await;
    let offer = page.ask("1", "нужна лебёдка").await;
    assert_eq!(offer["cards"][0]["article"], "LB-010", "{offer}");
}

/// A running server loads a new catalogue generation, and chats in progress continue.
#[tokio::test]
async fn a_running_server_follows_an_import() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = crate::page::Page::new(&server, "ru").await;
    page.ask("1", "нужен перфоратор").await;
    home.write("price.xlsx", workbook());
    let switch =
        home.tolmach(&["catalog", "import", "price.xlsx", "--json"]).run().ok().json()["switch"].clone();
    let health = server.health_until(|health| health["catalogue"]["items"] == 3).await;
    assert_eq!(health["catalogue"]["generation"], switch["generation"]);
    let offer = page.ask("2", "нужна лебёдка").await;
    assert_eq!(offer["cards"][0]["article"], "LB-010", "{offer}");
    // Other commands work while the server runs.
    home.tolmach(&["chat", "--lang", "ru"]).stdin("/contact\nАнна, 8 999 123-45-67\n").run().ok();
    assert_eq!(home.tolmach(&["leads", "--json"]).run().ok().json().as_array().map(Vec::len), Some(1));
    let (code, said) = server.terminate();
    assert!(code == Some(0) && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
}

#[test]
fn a_first_import_makes_the_data_folder() {
    let home = Home::new();
    home.write("price.csv", "Article,Name,Price\nA-1,Hand winch,72.50\n");
    home.tolmach(&["catalog", "import", "price.csv"]).run().ok();
    let found = home.tolmach(&["catalog", "search", "winches", "--json"]).run().ok().json();
    assert_eq!(articles(&found), ["A-1"], "no samples beside the real rows");
}

#[test]
fn a_file_that_is_no_table_changes_nothing() {
    let good = workbook();
    let mut hollow = Workbook::new();
    hollow.add_worksheet();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty.xlsx", Vec::new()),
        ("empty.csv", Vec::new()),
        ("spaces.csv", b" \n\n".to_vec()),
        ("text.xlsx", "Это не таблица, а письмо.".into()),
        ("page.xlsx", "<html><body><table><tr><td>1</td></tr></table></body></html>".into()),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n0000000000000000".to_vec()),
        ("half.xlsx", good[..good.len() / 2].to_vec()),
        ("tail.xlsx", good[good.len() / 2..].to_vec()),
        ("hollow.xlsx", hollow.save_to_buffer().expect("saved")),
        ("headless.csv", "1;2;3\n4;5;6\n7;8;9\n".into()),
        ("header-only.csv", "Артикул;Наименование;Цена\n".into()),
        ("quote.csv", "Артикул;Наименование;Цена\n1;\"Насос;100\n".into()),
    ];
    let home = Home::new();
    let mut names: Vec<String> = cases.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (name, bytes) in &cases {
        home.write(name, bytes);
        let ran = home.tolmach(&["catalog", "import", name]).run().fails_with(&[name]);
        assert_eq!(ran.stdout, "", "{name}");
        assert!(ran.stderr.lines().count() <= 2, "{name}: {}", ran.stderr);
    }
    home.tolmach(&["catalog", "import", "missing.xlsx"])
        .run()
        .fails_with(&["missing.xlsx", "cannot be read"]);
    home.tolmach(&["catalog", "import", "."]).run().fails_with(&["folder"]);
    names.sort();
    assert_eq!(home.names(), names, "nothing was made");

    // The previous generation keeps serving.
    let ready = Home::ready();
    let before = ready.tolmach(&["catalog", "search", "перфоратор", "--json"]).run().ok().json();
    for (name, bytes) in &cases {
        ready.write(name, bytes);
        ready.tolmach(&["catalog", "import", name]).run().fails_with(&[name]);
    }
    let after = ready.tolmach(&["catalog", "search", "перфоратор", "--json"]).run().ok().json();
    assert_eq!(after, before);
    let generations = fs::read_dir(ready.path("tolmach-data/catalog")).expect("listed").count();
    let fresh = fs::read_dir(Home::ready().path("tolmach-data/catalog")).expect("listed").count();
    assert_eq!(generations, fresh, "nothing is left behind");
}

/// The format is detected from the content, not from the file's extension.
#[test]
fn a_wrong_file_extension_does_not_matter() {
    let home = Home::new();
    home.write("price.csv", workbook());
    let imported = home.tolmach(&["catalog", "import", "price.csv", "--json"]).run().ok().json();
    assert_eq!(imported["switch"]["rows"], 3, "{imported}");
}
