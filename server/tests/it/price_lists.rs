//! Price lists: preview, column mappings, photos, and files that would exhaust memory or never end.

use std::{fs, io::Write, path::Path};

use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::support::{Home, get};

pub const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];

fn preview(home: &Home, args: &[&str]) -> Value {
    home.tolmach(&[&["catalog", "preview", "--json"], args].concat()).run().ok().json()
}

#[test]
fn a_preview_reports_everything_and_creates_nothing() {
    let home = Home::new();
    home.write(
        "price.csv",
        "ООО «Снабжение»\nАртикул;Наименование;Цена, руб.;Остаток;Мощность, Вт\nA-1;Насос;1 992,64;3;750\n\
         A-2;Кран;по запросу;-5;\nA-1;Насос второй;2000;;\nA-4;;5;1;\nИтого;;4000;;\n",
    );
    let seen = preview(&home, &["price.csv"]);
    assert_eq!((&seen["items"], &seen["mapping"]["price"]), (&3.into(), &"Цена, руб.".into()), "{seen}");
    assert_eq!(seen["mapping"]["article"], "Артикул");
    let article = &seen["sheets"][0]["columns"][0];
    assert!(article["confidence"].as_f64().expect("a number") > 0.5, "{article}");
    assert_eq!(seen["rows"][0]["attributes"][0]["value"], "750");
    let skipped: Vec<(&Value, &Value)> = seen["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (&row["reason"], &row["rows"][0]))
        .collect();
    assert_eq!(skipped, [(&"a total".into(), &7.into()), (&"no name".into(), &6.into())]);
    let warnings = seen["warnings"].to_string();
    for part in ["negative stock", "row 4: -5", "repeated articles", "row 5: A-1, first in", "row 3"] {
        assert!(warnings.contains(part), "«{part}» is not in {warnings}");
    }
    assert_eq!((&seen["on_request"], &seen["changes"]["new"]), (&1.into(), &3.into()));
    let sheet = &seen["sheets"][0];
    assert_eq!((&sheet["rows"], &sheet["above"]["rows"][0]), (&7.into(), &1.into()), "{sheet}");
    assert_eq!(sheet["currencies"][0]["source"], "from the heading «Цена, руб.»");
    assert_eq!((&seen["odd"][0]["row"], &seen["odd_rows"]), (&4.into(), &3.into()), "{}", seen["odd"]);
    let text = home.tolmach(&["catalog", "preview", "price.csv", "--rows", "1"]).run().ok().stdout;
    for part in [
        "price.csv: 3 items, 1 of them on request; 0 section rows; 3 other rows gave nothing",
        "C   Цена, руб.                 -> price          100 %",
        "currency RUB, 2 prices: from the heading «Цена, руб.»",
        "skipped 1: above the list (row 1)",
        "skipped 1: no name (row 6)",
        "row 4     A-2 Кран",
        "negative stock: -5",
        "1992.64 RUB",
        "3 new",
        "nothing was changed",
    ] {
        assert!(text.contains(part), "«{part}» is not in: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100 || line.contains("against")), "{text}");
    assert!(!text.contains("Насос второй 2000"), "one row only: {text}");
    assert_eq!(home.names(), ["price.csv"], "nothing was made");
}

#[test]
fn changes_and_disagreements_are_reported() {
    let home = Home::new();
    home.write(
        "a.csv",
        "Артикул;Наименование;Цена, руб.\nA-1;Насос;100\nA-2;Кран;10\nA-3;Люк;5\nA-4;Труба;1\n",
    );
    home.tolmach(&["catalog", "import", "a.csv"]).run().ok();
    home.write(
        "new.csv",
        "Артикул;Наименование;Цена, руб.\nA-1;Насос;110\nA-2;Кран;20\nA-3;Люк;5\nA-5;Муфта;2\n",
    );
    let seen = preview(&home, &["new.csv", "--source", "a"]);
    let changes = &seen["changes"];
    let counts: Vec<&Value> =
        ["new", "changed_price", "gone", "unchanged"].iter().map(|name| &changes[*name]).collect();
    assert_eq!(counts, [1, 2, 1, 1], "{changes}");
    let largest = &changes["examples"]["changed_price"][0];
    assert_eq!(
        (&largest["article"], &largest["old"], &largest["new"]),
        (&"A-2".into(), &10.0.into(), &20.0.into())
    );
    assert_eq!(changes["examples"]["gone"][0]["article"], "A-4");

    home.write("b.csv", "Артикул;Наименование;Цена, руб.\na 1;Насос;90\nB-9;Своё;1\n");
    let ran = home.tolmach(&["catalog", "import", "b.csv"]).run().ok();
    for part in [
        "1 article has another price",
        "90 RUB here, 100 RUB from \"a\"",
        "2 new",
        "the catalogue has 6 items",
    ] {
        assert!(ran.stdout.contains(part), "«{part}» is not in: {}", ran.stdout);
    }
    let found = home.tolmach(&["catalog", "search", "A-1", "--json"]).run().ok().json();
    let prices: Vec<f64> = found["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .filter_map(|hit| hit["product"]["price"].as_f64())
        .collect();
    assert!(prices.contains(&90.0) && prices.contains(&100.0), "both stay: {found}");
    assert_eq!(preview(&home, &["b.csv"])["disagreements"]["count"], 1);
}

#[test]
fn column_mappings_are_stored_for_the_supplier() {
    let home = Home::new();
    let list =
        |price: &str| format!("product_uid;product_title;Опт;Розница\n00017;Angle bracket;{price};9\n");
    home.write("shop.csv", list("5"));
    let unknown = home.tolmach(&["catalog", "preview", "shop.csv", "--map", "artikel=A"]).run();
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("did you mean article?"), "{}", unknown.stderr);
    home.tolmach(&["catalog", "preview", "shop.csv", "--map", "price=Оптом"]).run().fails_with(&[
        "shop.csv",
        "\"Оптом\" for price",
        "did you mean \"Опт\"?",
        "Розница",
    ]);
    let looked = preview(&home, &["shop.csv", "--map", "article=product_uid,name=product_title,price=C"]);
    assert_eq!(
        (&looked["mapping"]["price"], &looked["rows"][0]["article"]),
        (&"Опт".into(), &"00017".into())
    );
    assert_eq!(home.names(), ["shop.csv"], "a look remembers nothing");

    home.tolmach(&["catalog", "import", "shop.csv", "--map", "price=C"]).run().ok();
    let kept = fs::read_to_string(home.path("tolmach-data/catalog/columns.json")).expect("kept");
    assert!(kept.contains("\"price\": \"Опт\""), "{kept}");
    home.write("shop.csv", list("6"));
    let ran = home.tolmach(&["catalog", "import", "shop.csv"]).run().ok();
    assert!(ran.stdout.contains("columns remembered of \"shop\": price=Опт"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 with another price"), "{}", ran.stdout);
    home.write("shop.csv", "product_uid;product_title;Розница\n00017;Angle bracket;9\n");
    let gone = home.tolmach(&["catalog", "preview", "shop.csv"]).run().ok().stdout;
    assert!(
        gone.contains(
            "the remembered column \"Опт\" for price is not in this file; \"Розница\" (column C) was taken"
        ),
        "{gone}"
    );
    home.tolmach(&["catalog", "import", "shop.csv", "--map", "auto"]).run().ok();
    assert!(
        !fs::read_to_string(home.path("tolmach-data/catalog/columns.json")).expect("kept").contains("shop")
    );
}

/// Two million rows in a few megabytes: more than the memory limit allows.
#[cfg(unix)]
#[test]
fn a_file_that_exceeds_the_memory_limit_is_an_error() {
    let home = Home::ready();
    home.write("tolmach.toml", "[import]\nmemory_mib = 256\n");
    home.write("small.csv", "Артикул;Наименование;Цена\nA-1;Насос;5\n");
    home.tolmach(&["catalog", "preview", "small.csv"]).run().ok();
    home.write("heavy.csv", "a;b;c\n".repeat(2_000_000));
    let ran = home.tolmach(&["catalog", "import", "heavy.csv"]).run().fails_with(&[
        "heavy.csv",
        "256 MiB",
        "new workbook",
    ]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    // The previous generation keeps serving.
    home.tolmach(&["catalog", "search", "перфоратор"]).run().ok();
}

/// A server that imports such a file survives, and imports the next one.
#[cfg(unix)]
#[tokio::test]
async fn a_server_survives_a_file_that_exceeds_the_memory_limit() {
    let home = Home::ready();
    home.write("tolmach.toml", "[import]\nmemory_mib = 256\n");
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    home.write("heavy.csv", "a;b;c\n".repeat(2_000_000));
    home.write("small.csv", "Артикул;Наименование;Цена\nA-1;Насос;5\n");
    home.tolmach(&["catalog", "import", "heavy.csv", "--later"]).run().ok();
    home.tolmach(&["catalog", "import", "small.csv", "--later"]).run().ok();
    let health = server.health_until(|health| health["catalogue"]["items"] == 1).await;
    assert_eq!(health["jobs"]["state"], "working", "{health}");
    let (code, said) = server.terminate();
    assert!(code == Some(0) && !said.contains("panicked"), "{said}");
}

/// Opening a pipe without a writer blocks forever.
#[cfg(unix)]
#[test]
fn a_file_that_exceeds_the_time_limit_is_an_error() {
    let home = Home::new();
    home.write("tolmach.toml", "[import]\nseconds = 1\n");
    let made =
        std::process::Command::new("mkfifo").arg(home.path("price.csv")).status().expect("mkfifo runs");
    assert!(made.success());
    home.tolmach(&["catalog", "preview", "price.csv"]).run().fails_with(&["price.csv", "longer than 1 s"]);
    home.write("tolmach.toml", "[import]\nseconds = 0\n");
    home.tolmach(&["catalog", "preview", "price.csv"]).run().fails_with(&["import.seconds is 0"]);
}

/// The processes that a process has started, with their state: `Z` for one that has ended.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("listed").filter_map(Result::ok);
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| status(*id).is_some_and(|(of, _)| of == parent)).collect()
}

/// The parent and the state of a process; `None` when there is none.
#[cfg(target_os = "linux")]
fn status(id: u32) -> Option<(u32, char)> {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let mut rest = status.rsplit_once(')')?.1.split_whitespace();
    let state = rest.next()?.chars().next()?;
    Some((rest.next()?.parse().ok()?, state))
}

/// The child waits for a pipe without a writer when its parent is killed.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_importer_takes_its_reader_with_it() {
    use std::{
        process::{Command, Stdio},
        time::{Duration, Instant},
    };
    let home = Home::new();
    assert!(Command::new("mkfifo").arg(home.path("price.csv")).status().expect("mkfifo runs").success());
    let mut importer = Command::new(env!("CARGO_BIN_EXE_tolmach"))
        .args(["catalog", "import", "price.csv"])
        .current_dir(home.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let until = |what: &str, mut is: Box<dyn FnMut() -> bool + '_>| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    // One look: a second one may miss a process for a moment, because /proc is listed while others come and go.
    let mut readers = Vec::new();
    let look = || {
        readers = children(importer.id());
        !readers.is_empty()
    };
    until("a reader is started", Box::new(look));
    assert_eq!(readers.len(), 1, "{readers:?}");
    importer.kill().expect("killed");
    importer.wait().expect("ended");
    let gone = || status(readers[0]).is_none_or(|(_, state)| state == 'Z');
    until("the reader ends", Box::new(gone));
    assert_eq!(home.names(), ["price.csv"], "nothing was made");
}

#[test]
fn texts_and_rows_beyond_their_limits_are_reported() {
    let home = Home::new();
    home.write("tolmach.toml", "[import]\nrows = 3\n");
    let (name, long) = (format!("Насос {}", "ж".repeat(600)), "я".repeat(9000));
    home.write(
        "price.csv",
        format!("Артикул;Наименование;Описание;Цена;Корпус\nA-1;{name};{long};5;{long}\nA-2;Кран;;6;\nA-3;Люк;;7;\n"),
    );
    let seen = preview(&home, &["price.csv"]);
    let product = &seen["rows"][0];
    let length = |text: &Value| text.as_str().expect("text").chars().count();
    assert_eq!((length(&product["name"]["ru"]), length(&product["description"]["ru"])), (500, 4000));
    assert_eq!(length(&product["attributes"][0]["value"]), 200);
    let text = home.tolmach(&["catalog", "preview", "price.csv"]).run().ok().stdout;
    for part in [
        "texts that are longer than their field takes, cut (3): rows 2",
        "name, 500 characters are kept",
        "Корпус, 200 characters are kept",
    ] {
        assert!(text.contains(part), "«{part}» is not in: {text}");
    }
    home.tolmach(&["catalog", "import", "price.csv"]).run().ok();
    home.write("price.csv", "Артикул;Наименование;Цена\nA;Насос;1\nB;Кран;1\nC;Люк;1\nD;Труба;1\n");
    let ran = home.tolmach(&["catalog", "import", "price.csv"]).run();
    ran.fails_with(&["price.csv: more than 3 items", "[import]"]);
    // The limit is also one of the catalogue, whatever the supplier.
    home.write("other.csv", "Артикул;Наименование;Цена\nE;Муфта;1\n");
    home.tolmach(&["catalog", "import", "other.csv"]).run().fails_with(&["4 rows", "3 rows (import.rows)"]);
    let found = home.tolmach(&["catalog", "search", "Люк", "--json"]).run().ok().json();
    assert_eq!(found["hits"][0]["product"]["article"], "A-3", "the old one serves");
}

pub fn photos(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).expect("made"));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished");
}

#[tokio::test]
async fn photos_beside_a_price_list_reach_the_page() {
    let home = Home::new();
    home.write(
        "price.csv",
        "Артикул;Наименование;Цена, руб.\nLB-010;Лебёдка ручная;7250\nLB-011;Таль;9000\n",
    );
    photos(
        &home.path("price.zip"),
        &[("lb010.jpg", JPEG), ("LB-011.jpg", b"no picture"), ("other.png", JPEG)],
    );
    let seen = preview(&home, &["price.csv"]);
    assert_eq!((&seen["photos"]["items"], &seen["photos"]["unusable"]), (&1.into(), &1.into()), "{seen}");
    let ran = home.tolmach(&["catalog", "import", "price.csv"]).run().ok();
    assert!(ran.stdout.contains("photos in price.zip: 1 for 1 items"), "{}", ran.stdout);

    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = crate::page::Page::new(&server, "ru").await;
    let offer = page.ask("1", "нужна лебёдка").await;
    let photo = offer["cards"][0]["photo"].as_str().expect("a photo");
    assert!(photo.starts_with("photos/"), "beside the page: {photo}");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(server.url(&format!("/{photo}"))).send().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(
        (header("content-type").as_str(), header("x-content-type-options").as_str()),
        ("image/jpeg", "nosniff")
    );
    assert!(header("cache-control").contains("immutable"));
    assert_eq!(answer.bytes().await.expect("bytes"), JPEG);
    for path in ["/photos/x.jpg", "/photos/..%2f..%2ftolmach.db", "/photos/columns.json"] {
        assert_eq!(client.get(server.url(path)).send().await.expect("an answer").status(), 404, "{path}");
    }
    assert_eq!(get(&server.url("/health")).await.0, 200);

    // A list without photos keeps the photos of earlier imports.
    fs::remove_file(home.path("price.zip")).expect("removed");
    home.tolmach(&["catalog", "import", "price.csv"]).run().ok();
    let found = home.tolmach(&["catalog", "search", "LB-010", "--json"]).run().ok().json();
    assert_eq!(found["hits"][0]["product"]["photo"], format!("/{photo}"));
    fs::write(home.path("bad.zip"), "no archive").expect("written");
    home.tolmach(&["catalog", "import", "price.csv", "--photos", "bad.zip"]).run().fails_with(&["bad.zip"]);
}

#[test]
fn a_list_without_headings_is_imported_or_asked_about() {
    let home = Home::new();
    let rows: Vec<String> = (0..12)
        .map(|n| format!("KR-{};Кран шаровой {n} мм;{}.5;{}.9", 700 + n, 120 + n * 9, 90 + n * 7))
        .collect();
    home.write("two.csv", rows.join("\n"));
    home.tolmach(&["catalog", "import", "two.csv"]).run().fails_with(&["--map price=C", "--map price=D"]);
    assert_eq!(home.names(), ["two.csv"], "nothing was made");
    let seen = preview(&home, &["two.csv", "--map", "price=C"]);
    assert_eq!((&seen["sheets"][0]["read_by"], &seen["items"]), (&"content".into(), &12.into()), "{seen}");
    let ran = home.tolmach(&["catalog", "import", "two.csv", "--map", "price=C"]).run().ok();
    assert!(ran.stdout.contains("12 items imported"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "", "a bar is for terminals");
}
