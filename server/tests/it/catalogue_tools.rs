//! Catalogue tools besides import: rollback, evaluation, golden questions, facets, similar rows.

use serde_json::Value;

use crate::support::Home;

const FIRST: &str = "Артикул;Наименование;Цена;Бренд\n\
    PN-5;Насос скважинный 5 кВт;52 000;Гидрумак\n\
    PN-7;Насос скважинный 7,5 кВт;71 000;Гидрумак\n\
    PN-1;Насос погружной 900 Вт;9 900;Stavrek\n\
    DR-1;Дрель ударная 900 Вт;4 300;Stavrek\n";
const SECOND: &str = "Артикул;Наименование;Цена;Бренд\nPN-5;Насос скважинный 5 кВт;55 000;Гидрумак\n";

fn shop() -> Home {
    let home = Home::ready();
    home.write("shop.csv", FIRST);
    home.tolmach(&["catalog", "import", "shop.csv"]).run().ok();
    home
}

fn articles(found: &Value) -> Vec<&str> {
    let hits = found["hits"].as_array().expect("hits");
    hits.iter().filter_map(|hit| hit["product"]["article"].as_str()).collect()
}

#[test]
fn a_catalogue_is_rolled_back() {
    let home = shop();
    home.write("shop.csv", SECOND);
    home.tolmach(&["catalog", "import", "shop.csv"]).run().ok();
    let price = || {
        let found = home.tolmach(&["catalog", "search", "PN-5", "--json"]).run().ok().json();
        found["hits"][0]["product"]["price"].as_f64()
    };
    assert_eq!(price(), Some(55_000.0));
    let kept = home.tolmach(&["catalog", "list", "--json"]).run().ok().json();
    assert_eq!(kept[0]["serving"], true, "{kept}");
    assert_eq!(
        (&kept[0]["generation"]["rows"], &kept[1]["generation"]["rows"]),
        (&1.into(), &4.into()),
        "{kept}"
    );
    let back = home.tolmach(&["catalog", "rollback"]).run().ok();
    assert!(back.stdout.contains("with 4 items"), "{}", back.stdout);
    assert_eq!(price(), Some(52_000.0));
    let listed = home.tolmach(&["catalog", "list"]).run().ok().stdout;
    assert!(listed.contains("serving") && listed.contains("shop (4)"), "{listed}");

    // The second rollback restores the samples; after that there is no earlier generation.
    home.tolmach(&["catalog", "rollback"]).run().ok();
    let end = home.tolmach(&["catalog", "rollback"]).run();
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.stderr.contains("no earlier generation"), "{}", end.stderr);
}

#[test]
fn searches_are_parsed_and_evaluated() {
    let home = shop();
    let search = |args: &[&str]| {
        let args: Vec<&str> = [&["catalog", "search"], args, &["--json"]].concat();
        home.tolmach(&args).run().ok().json()
    };
    assert_eq!(articles(&search(&["насос от 5 до 7 кВт"])), ["PN-5"]);
    assert_eq!(articles(&search(&["насос до 10 тысяч"])), ["PN-1"]);
    let found = search(&["насос", "--facet", "brand", "--facet", "price", "--facet", "power"]);
    assert_eq!(found["facets"][0]["values"], serde_json::json!([["Гидрумак", 2], ["Stavrek", 1]]), "{found}");
    assert_eq!(found["facets"][1]["range"], serde_json::json!([9_900.0, 71_000.0]), "{found}");
    assert_eq!(found["facets"][2]["range"], serde_json::json!([900.0, 7_500.0]), "{found}");
    assert_eq!(articles(&search(&["--similar", "PN-5"]))[0], "PN-7");

    home.write("queries.txt", "насос скважинный\n\nPN-1\nабракадабра\n");
    let lines =
        home.tolmach(&["catalog", "search", "--queries", "queries.txt", "--limit", "2"]).run().ok().stdout;
    let rows: Vec<Vec<&str>> = lines.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        rows.iter().map(|row| row[0]).collect::<Vec<_>>(),
        ["насос скважинный", "насос скважинный", "PN-1"]
    );
    assert_eq!(rows[2][1..], ["PN-1", "1.0000"]);

    home.write(
        "judged.tsv",
        "query\tarticle\trelevance\nнасос погружной\tPN-1\t3\nнасос погружной\tDR-1\t1\nдрель\tDR-1\t3\n",
    );
    let figures = home.tolmach(&["catalog", "eval", "--judgments", "judged.tsv", "--json"]).run().ok().json();
    assert_eq!(
        (&figures["queries"], &figures["ndcg@10"], &figures["mrr"]),
        (&2.into(), &1.0.into(), &1.0.into()),
        "{figures}"
    );
    home.write(
        "patterns.tsv",
        "query\tpattern\nнасос погружной\t^насос.*погружн\nдрель\t^дрель\nкофемолка\t^кофемолка\n",
    );
    let eval = |more: &[&str]| {
        home.tolmach(&[&["catalog", "eval", "--judgments", "patterns.tsv"], more].concat()).run().ok()
    };
    let figures = eval(&["--json", "--compare", "ratio=0.5"]).json();
    assert_eq!((&figures["queries"], &figures["ndcg@10"]), (&2.into(), &1.0.into()), "{figures}");
    assert_eq!(figures["unmatched"], serde_json::json!(["кофемолка"]), "{figures}");
    assert_eq!(
        (&figures["compared"]["with"], &figures["compared"]["queries"]),
        (&"ratio=0.5".into(), &2.into())
    );
    assert!(eval(&[]).stdout.contains("not counted, no name matches: кофемолка"));
    // The list without the pump: what was found before is lost.
    home.write("shop.csv", SECOND);
    home.tolmach(&["catalog", "import", "shop.csv"]).run().ok();
    home.write("judged2.tsv", "насос погружной\tPN-1\t3\n");
    let worse =
        home.tolmach(&["catalog", "eval", "--judgments", "judged2.tsv", "--compare", "previous"]).run().ok();
    assert!(worse.stdout.contains("1.000 → 0.000  насос погружной"), "{}", worse.stdout);
    let unknown =
        home.tolmach(&["catalog", "eval", "--judgments", "judged2.tsv", "--compare", "nothing"]).run();
    assert!(unknown.stderr.contains("no generation nothing; there are "), "{}", unknown.stderr);
    home.write("broken.tsv", "насос\t(насос\n");
    let broken = home.tolmach(&["catalog", "eval", "--judgments", "broken.tsv"]).run();
    assert!(
        broken.stderr.contains("line 1: the pattern cannot be used: unclosed group"),
        "{}",
        broken.stderr
    );
    home.write("judged.csv", "насос,PN-1,3\nдрель,DR-1\n");
    let broken = home.tolmach(&["catalog", "eval", "--judgments", "judged.csv"]).run();
    assert!(broken.stderr.contains("line 2: 2 columns"), "{}", broken.stderr);
}

#[test]
fn a_catalogue_that_fails_a_golden_question_does_not_serve() {
    let home = shop();
    home.demo_bundle("flows");
    home.write(
        "flows/golden/pumps.yaml",
        "- query: насос скважинный\n  expect: [PN-7]\n  within: 1\n- query: пила\n  expect: [GONE-1]\n",
    );
    home.tolmach(&["check"]).run().ok();
    let refused = home.tolmach(&["catalog", "import", "shop.csv"]).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in
        ["1 golden questions", "«насос скважинный»: PN-7 is not among the first 1; found PN-5", "--force"]
    {
        assert!(refused.stderr.contains(words), "«{words}» is not in: {}", refused.stderr);
    }
    let kept = home.tolmach(&["catalog", "list", "--json"]).run().ok().json();
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "nothing was built: {kept}");
    home.tolmach(&["catalog", "import", "shop.csv", "--force"]).run().ok();

    home.write("flows/golden/pumps.yaml", "- query: насос\n  expects: [PN-7]\n");
    let checked = home.tolmach(&["check"]).run();
    assert!(
        checked.stdout.contains("golden/pumps.yaml") && checked.stdout.contains("expect"),
        "{}",
        checked.stdout
    );
    let refused = home.tolmach(&["catalog", "import", "shop.csv"]).run();
    assert!(refused.stderr.contains("golden questions cannot be read"), "{}", refused.stderr);
}
