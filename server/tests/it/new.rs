//! `tolmach new`: a bundle for a business from flags, and own bundles without the sample goods.

use std::fs;

use crate::support::Home;

const SERVICE: [&str; 17] = [
    "new",
    "service",
    "--name",
    "Тёплый \"дом\": {{x}} 🔥",
    "--languages",
    "ru,en",
    "--sells",
    "services",
    "--offers",
    "ремонт котлов, выезд мастера",
    "--hours",
    "mon-fri 09:00-18:00, sat 10:00-15:00",
    "--phone",
    "+7 495 000-00-00",
    "--email",
    "info@example.com",
    "--json",
];

#[test]
fn a_bundle_is_made_by_flags_checked_tested_and_talked_to() {
    let home = Home::new();
    let made = home.tolmach(&SERVICE).run().ok().json();
    assert_eq!(made["folder"], "service");
    let files = made["files"].as_array().expect("files");
    assert!(files.iter().any(|file| file == "visit.yaml") && files.iter().any(|file| file == "README.md"));
    assert!(files.iter().all(|file| home.path("service").join(file.as_str().expect("a path")).is_file()));
    assert_eq!(home.names(), ["service"], "and nothing else");

    let checked = home.tolmach(&["check", "service", "--deny-warnings"]).run().ok().stdout;
    assert!(checked.contains("no problems"), "{checked}");
    let tested = home.tolmach(&["test", "service", "--json"]).run().ok().json();
    assert_eq!(tested["failed"], 0, "{tested}");

    let talk =
        home.tolmach(&["chat", "--flows", "service"]).stdin("/start\nремонт котлов\nкак отменить запись\n");
    let said = talk.run().ok().stdout;
    for part in ["Это Тёплый \"дом\": {{x}} 🔥. ", "• выезд мастера", "Запись меняет менеджер"]
    {
        assert!(said.contains(part), "«{part}» is not in: {said}");
    }
    home.tolmach(&["release", "publish", "service", "--note", "the first one"]).run().ok();

    // It is there now, and stays as it is.
    let before = fs::read_to_string(home.path("service/company.yaml")).expect("read");
    home.tolmach(&SERVICE).run().fails_with(&["service is not empty"]);
    assert_eq!(fs::read_to_string(home.path("service/company.yaml")).expect("read"), before);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let home = Home::new();
    let said = home.tolmach(&["new", "shop"]).run().ok().stdout;
    assert!(said.contains("tolmach check shop") && said.contains("tolmach chat --flows shop"), "{said}");
    home.tolmach(&["new", "other", "--hours", "always"])
        .run()
        .fails_with(&["«always»", "mon-fri 09:00-18:00"]);
    home.tolmach(&["new", "other", "--timezone", "Moscow"]).run().fails_with(&["Europe/Moscow"]);
    assert_eq!(home.names(), ["shop"]);
    let said = home.tolmach(&["new", "other", "--languages", "de"]).run();
    assert!(said.code == Some(2) && said.stderr.contains("ru, en or ru,en"), "{said:?}");
}

#[test]
fn an_own_bundle_sells_its_own_goods_and_never_the_samples() {
    // The data folder of a first start of the demo has the samples.
    for home in [Home::new(), Home::ready()] {
        home.tolmach(&["new", "shop", "--languages", "ru", "--sells", "goods", "--offers", "чай, кофе"])
            .run()
            .ok();
        let talk = |lines: &str| home.tolmach(&["chat", "--flows", "shop"]).stdin(lines).run().ok().stdout;
        let said = talk("нужен чай\nнужен перфоратор\n");
        assert!(said.contains("не нашлось") && !said.contains('₽'), "{said}");

        home.write(
            "prices.csv",
            "Артикул;Наименование;Цена;Остаток\nCH-1;Чай зелёный листовой;450;12\nCF-7;Кофе в зёрнах;990;4\n",
        );
        home.tolmach(&["catalog", "import", "prices.csv"]).run().ok();
        let said = talk("нужен кофе\nберу, 2 штуки\nАнна, 8 999 123-45-67\n");
        for part in ["CF-7", "990", "lead stored", "+79991234567", "Заказ: "] {
            assert!(said.contains(part), "«{part}» is not in: {said}");
        }
    }
}

#[tokio::test]
async fn a_server_of_an_own_bundle_says_how_to_import_a_price_list() {
    let home = Home::new();
    home.tolmach(&["new", "flows", "--languages", "en", "--sells", "services"]).run().ok();
    let server = home.tolmach(&["run"]).serve();
    let said = server.printed();
    assert!(said.contains("catalogue  empty; your price list: tolmach catalog import FILE"), "{said}");
    assert!(!said.contains("sample"), "{said}");
    let health = server.health().await;
    assert_eq!(
        (&health["status"], &health["catalogue"]),
        (&"ok".into(), &serde_json::Value::Null),
        "{health}"
    );
    // Commands that search do not bring them in either.
    let found = home.tolmach(&["catalog", "search", "дрель", "--json"]).run().json();
    assert_eq!(found["total"], 0, "{found}");
}
