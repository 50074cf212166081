//! `personal: true` in the running program: the value is the client's and the staff's, and stands in no prompt, log or
//! listing.

use serde_json::{Value, json};
use tolmach_testkit::model::{Model, NAME};

use crate::{model::KEY, page::Page, support::Home};

const FLOW: &str = "\
flow: shop
start: passport
languages: [en]
slots:
  passport: { type: text, personal: true }
  wish: { type: text }
nodes:
  passport:
    ask: { text: Which document do you have?, into: passport }
    next: { done: wish, cancelled: wait, gave_up: wait }
  wish:
    ask: { text: 'Noted {{slots.passport}}. What are you looking for?', into: wish }
    next: { done: advise, cancelled: wait, gave_up: wait }
  advise:
    answer: { prompt: advise }
    next: { done: wait, failed: wait }
";
const SECRET: &str = "Quixote Windmill 77";

fn reply(_: &Value) -> String {
    json!({ "text": "Pumps move water." }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_value_stands_in_no_prompt_log_or_listing() {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    let prompt =
        "You help. The document is {{slots.passport}}, they want {{slots.wish}}. Said: {{message.text}}\n";
    home.write("flows/prompts/advise.md", prompt);
    home.write("draft/shop.yaml", FLOW.replace("Which document do", "What document do"));
    home.write("draft/prompts/advise.md", prompt);
    let provider = Model::start(KEY, reply).await;
    let server = home
        .tolmach(&["run", "--dev", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_LLM_BASE_URL", &provider.url)
        .env("TOLMACH_LLM_MODEL", NAME)
        .env("TOLMACH_LLM_API_KEY", KEY)
        .env("TOLMACH_LOG", "trace")
        .serve();
    let mut page = Page::new(&server, "en").await;
    let noted = page.ask("1", SECRET).await;
    assert!(noted["text"].to_string().contains(SECRET), "the client sees it: {noted}");
    page.ask("2", &format!("a pump, for {}", SECRET.to_lowercase())).await;
    page.send_message("3", "is there anything else?").await;
    page.reply().await;
    let asked = provider.asked();
    let prompts = serde_json::to_string(&asked).expect("JSON");
    assert!(prompts.contains("The document is [personal]"), "{prompts}");
    let (_, printed) = server.terminate();
    let tool = |args: &[&str]| {
        let ran = home.tolmach(args).run();
        assert!(ran.code.is_some_and(|code| code < 2), "{args:?}: {ran:?}");
        ran.stdout + &ran.stderr
    };
    let places = [
        ("a prompt", prompts),
        ("the log", printed),
        ("replay", tool(&["replay", "--since", "1d", "--json"])),
        ("backtest", tool(&["replay", "--since", "1d", "--against", "draft", "--json"])),
        ("suggest", tool(&["suggest", "--since", "1d", "--json"])),
        ("audit", tool(&["audit", "list", "--json"])),
        ("goals", tool(&["goals", "--since", "1d", "--json"])),
    ];
    for (place, text) in places {
        assert!(!text.to_lowercase().contains(&SECRET.to_lowercase()), "it stands in {place}: {text}");
    }
}
