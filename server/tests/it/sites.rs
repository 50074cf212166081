//! Sites of the web chat: their own pages, and their own first flows.

use serde_json::json;

use crate::{
    page::Page,
    support::{Home, Server},
};

const SITES: &str = "\
[sites.default]
title.ru = 'Магазин'
title.en = 'Shop'

[sites.tools]
title = 'Power tools'
colours = { accent = '#0a7a4b', background = '#f3f7f2' }
languages = ['en']
entry = 'tools'

[sites.gone]
title = 'Old shop'
entry = 'old'
";

const SHOP: &str = "\
flow: shop
entry: true
start: hello
on: { command: { start: hello } }
nodes:
  hello:
    say: { text: { ru: Магазин слушает, en: The shop listens } }
";

const TOOLS: &str = "\
flow: tools
start: hello
on: { command: { start: hello, size: size } }
slots: { size: { type: number } }
nodes:
  hello:
    say: { text: { ru: Какой инструмент?, en: Which tool? } }
  size:
    ask: { text: { ru: Какой размер?, en: What size? }, into: size }
    next: { done: hello, cancelled: wait, gave_up: wait }
";

/// A shop with two sites, and one whose flow is not there.
pub fn home() -> Home {
    let home = Home::ready();
    home.write("tolmach.toml", SITES);
    home.write("flows/shop.yaml", SHOP);
    home.write("flows/tools.yaml", TOOLS);
    home
}

pub fn serve(home: &Home) -> Server {
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_BURST_MS", "0").serve()
}

#[tokio::test]
async fn chats_of_a_site_begin_in_its_entry_flow() {
    let home = home();
    let server = serve(&home);
    let greeted = async |path: &str| {
        let mut page = Page::connect_to(&server, path).await;
        page.hello(json!({ "language": "en" })).await;
        let greeting = page.reply().await["text"].clone();
        (page, greeting)
    };
    assert_eq!(greeted("/ws").await.1, "The shop listens");
    assert_eq!(greeted("/s/default/ws").await.1, "The shop listens");
    assert_eq!(greeted("/s/gone/ws").await.1, "The shop listens", "its flow is not there");
    assert_eq!(greeted("/s/gone/ws").await.1, "The shop listens");
    let (mut page, greeting) = greeted("/s/tools/ws").await;
    assert_eq!(greeting, "Which tool?");
    assert_eq!(page.ask("1", "/size").await["text"], "What size?");
    assert_eq!(
        page.ask("2", "/start").await["text"],
        "Which tool?",
        "a new dialog begins in the site's flow too"
    );

    assert!(server.printed().contains(&server.url("/s/tools/")), "{}", server.printed());
    let (_, printed) = server.terminate();
    assert_eq!(printed.matches("no such flow for chats of a site").count(), 1, "{printed}");
    let replayed = home.tolmach(&["replay", "--since", "1d"]).run().ok().stdout;
    assert!(replayed.contains(" 0 differ"), "{replayed}");
}

#[test]
fn a_check_warns_of_an_entry_flow_that_is_not_there() {
    let home = home();
    let checked = home.tolmach(&["check"]).run().ok().stdout;
    assert!(checked.contains("`old`") && checked.contains("0 errors, 1 warning"), "{checked}");
    home.write("tolmach.toml", SITES.replace("entry = 'old'", ""));
    assert!(home.tolmach(&["check"]).run().ok().stdout.contains("no problems"));
}
