//! What model calls cost: in a turn's trace, in the overview, and by command.

use tolmach_testkit::model::NAME;

use super::{
    Panel,
    inbox::{between, only_chat, until},
};
use crate::{
    model::{KEY, provider},
    page::Page,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_models_with_a_price_cost_money_and_others_are_not_free() {
    let provider = provider().await;
    let settings = |prices: &str| {
        format!("[llm]\nbase_url = \"{}\"\nmodel = \"{NAME}\"\napi_key = \"{KEY}\"\n{prices}", provider.url)
    };
    let price = "[[llm.prices]]\nmodel = \"MODEL\"\ninput = 1000\noutput = \"2000\"\ncurrency = \"USD\"\n";
    for (prices, priced) in [(price.replace("MODEL", NAME), true), (price.replace("MODEL", "another"), false)]
    {
        let panel = Panel::configured(&settings(&prices)).await;
        let mut client = Page::new(&panel.server, "ru").await;
        client.ask("m1", "нужен перфоратор до 20 тысяч").await;
        let mut anton = panel.logged_in("Anton").await;
        let chat = only_chat(&mut anton).await;
        let page = anton.get(&chat).await.body;
        let turn = page.split("id=\"turn-").skip(1).filter_map(|rest| rest.split('"').next()).last();
        let trace = anton.get(&format!("{chat}/turns/{}", turn.expect("a turn"))).await.body;
        until("the calls are counted", async || anton.get("/admin/").await.body.contains("id=\"tile-cost\""))
            .await;
        let overview = anton.get("/admin/").await.body;
        let tile = between(&overview, "id=\"tile-cost\"", "</section>").expect("a tile").to_owned();
        let report = panel.home.tolmach(&["spending", "--json"]).run().ok().stdout;
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        let (model, total) = (&report["models"][0], &report["total"]);
        let told = panel.home.tolmach(&["spending"]).run().ok().stdout;
        if !priced {
            assert!(trace.contains("no price is set for the model") && !trace.contains('$'), "{trace}");
            assert!(tile.contains("no data") && tile.contains("without a known cost"), "{tile}");
            assert!(overview.contains("Prices are set in tolmach.toml, [[llm.prices]]"), "{overview}");
            assert_eq!((&total["amounts"], &total["unpriced"]), (&serde_json::json!([]), &model["calls"]));
            assert!(told.contains("of models without a price: add [[llm.prices]]"), "{told}");
            continue;
        }
        assert!(trace.contains('$') && !trace.contains("no price"), "{trace}");
        assert!(tile.contains('$') && !tile.contains("without a known cost"), "{tile}");
        assert!(!overview.contains("no price set"), "{overview}");
        // A thousand dollars for a million tokens: a token that is read costs a tenth of a cent, one that is written two of them.
        let tokens = |name: &str| model["tokens"][name].as_u64().expect("a number");
        let thousandths = tokens("input") + 2 * tokens("output");
        assert!(tokens("input") > 0 && tokens("output") > 0, "{report}");
        let amount = total["amounts"][0]["amount"].as_str().expect("a text");
        let all: Vec<_> = report["models"].as_array().expect("a list").iter().collect();
        if all.len() == 1 {
            let exact = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
            assert_eq!(amount, exact.trim_end_matches('0').trim_end_matches('.'));
        }
        assert_eq!(total["unpriced"], 0, "{report}");
        assert!(
            told.contains("together: ") && told.contains(" USD") && !told.contains("without a price"),
            "{told}"
        );
    }
}
