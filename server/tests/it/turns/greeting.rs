//! Greetings: the first turn of a chat without the chat.

use std::sync::atomic::{AtomicUsize, Ordering};

use tolmach_engine::effect::{Action, HttpReply, HttpRequest};
use tolmach_runtime::ports::{Greeter, Http};

use super::*;

/// Another system that replies at once, or fails.
#[derive(Default)]
struct Counting {
    calls: AtomicUsize,
    fails: bool,
}

#[async_trait]
impl Http for Counting {
    async fn request(&self, _: &HttpRequest) -> ports::Result<HttpReply> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fails {
            return Err(ports::Error::unavailable("http", "away"));
        }
        Ok(HttpReply { status: 200, body: serde_json::json!({ "left": 7 }) })
    }
}

/// A flow that greets with a button. `first` is the node at which it starts, and its nodes before `greet`.
fn flow(text: &str, first: &str) -> String {
    format!(
        "\
flow: counter
start: first
slots: {{ left: {{ type: number }} }}
on: {{ command: {{ start: first }}, error: sorry }}
nodes:
{first}
  greet:
    say: {{ text: {text}, buttons: [{{ label: Delivery, to: delivery }}] }}
  delivery:
    say: {{ text: everywhere }}
  sorry:
    say: {{ text: sorry }}
"
    )
}

const PLAIN: &str = "  first:\n    set: { left: 1 }\n    next: greet";
const ASKS: &str = "  first:\n    http: { url: 'https://stock.example.com/a', into: { left: /left } }\n    next: { ok: greet, failed: sorry }";
const POSTS: &str = "  first:\n    http: { url: 'https://stock.example.com/a', method: POST }\n    next: { ok: greet, failed: sorry }";
const SPLIT: &str = "  first:\n    experiment: { name: hello, arms: { one: 1, two: 1 } }\n    next: { one: greet, two: other }\n  other:\n    say: { text: another }";
const SPLIT_ASKS: &str = "  first:\n    experiment: { name: hello, arms: { one: 1, two: 1 } }\n    next: { one: greet, two: other }\n  other:\n    http: { url: 'https://stock.example.com/a', into: { left: /left } }\n    next: { ok: greet, failed: sorry }";

async fn shop(folder: &Path, flow: &str, http: &Arc<Counting>) -> Bot {
    let http = Arc::clone(http) as Arc<dyn Http>;
    Bot::asking(folder, KINDS, flow, Coalescing::OFF, Staff::new(), http).await
}

fn starts(chat: &str) -> Inbound {
    Inbound { key: format!("{chat}:start"), ..inbound(chat, "", "/start") }
}

fn presses(chat: &str, id: &str) -> Inbound {
    let kind = EventKind::Press { label: "Delivery".to_owned(), press: None };
    Inbound { kind, button: Some(id.to_owned()), ..inbound(chat, &format!("{chat}:1"), "") }
}

fn button(greeting: &[Outgoing]) -> String {
    match &greeting[0].buttons[0].action {
        Action::Press { id, .. } => id.clone(),
        Action::Open { .. } => panic!("a link"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_is_computed_once_and_its_buttons_are_those_that_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let http = Arc::default();
    let bot = shop(folder.path(), &flow("hello", ASKS), &http).await;
    let mut buttons = Vec::new();
    for chat in 0..20 {
        let greeting = bot.runtime.greeting(&starts(&chat.to_string())).await;
        assert_eq!(greeting[0].text, "hello");
        buttons.push(button(&greeting));
    }
    assert_eq!(http.calls.load(Ordering::SeqCst), 1);
    buttons.sort();
    buttons.dedup();
    assert_eq!(buttons.len(), 20, "each chat has its own");
    assert_eq!(bot.store.chats_like("").await.unwrap(), Vec::<String>::new());
    assert_eq!(bot.store.unfinished(i64::MAX, &["test".to_owned()]).await.unwrap(), Vec::<String>::new());

    let id = button(&bot.runtime.greeting(&starts("a")).await);
    for _ in 0..2 {
        // The page repeats what was not acknowledged.
        bot.runtime.begin(starts("a"), presses("a", &id)).await.unwrap();
        bot.runtime.settle().await;
    }
    assert_eq!(bot.channel.texts(), ["hello", "everywhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_an_earlier_release_is_out_of_date() {
    let folder = tempfile::tempdir().unwrap();
    let bot = shop(folder.path(), &flow("hello", PLAIN), &Arc::default()).await;
    let id = button(&bot.runtime.greeting(&starts("a")).await);
    bot.publish(&flow("welcome", PLAIN)).await;
    assert_eq!(bot.runtime.greeting(&starts("a")).await[0].text, "welcome");
    bot.runtime.begin(starts("a"), presses("a", &id)).await.unwrap();
    bot.runtime.settle().await;
    let texts = bot.channel.texts();
    assert_eq!((texts.len(), texts[0].as_str()), (2, "welcome"));
    assert_ne!(texts[1], "everywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_that_depends_on_the_chat_is_the_one_that_the_chat_gets() {
    let folder = tempfile::tempdir().unwrap();
    let bot = shop(folder.path(), &flow("hello", SPLIT), &Arc::default()).await;
    let mut texts = Vec::new();
    for chat in 0..20 {
        let chat = chat.to_string();
        let shown = bot.runtime.greeting(&starts(&chat)).await[0].text.clone();
        bot.runtime.receive(vec![starts(&chat)]).await.unwrap();
        bot.runtime.settle().await;
        assert_eq!(bot.channel.texts().last(), Some(&shown));
        texts.push(shown);
    }
    assert!(texts.contains(&"hello".to_owned()) && texts.contains(&"another".to_owned()), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_pages_neither_changes_nor_loads_other_systems() {
    for (first, fails, most) in [(POSTS, false, 0), (ASKS, true, 1), (SPLIT_ASKS, false, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let http = Arc::new(Counting { fails, ..Counting::default() });
        let bot = shop(folder.path(), &flow("hello", first), &http).await;
        for chat in 0..20 {
            let greeting = bot.runtime.greeting(&starts(&chat.to_string())).await;
            let texts: Vec<&str> = greeting.iter().map(|message| message.text.as_str()).collect();
            assert!(texts.is_empty() || first == SPLIT_ASKS && texts == ["hello"], "{first}: {texts:?}");
        }
        assert!(http.calls.load(Ordering::SeqCst) <= most, "{first}");
        assert_eq!(bot.store.chats_like("").await.unwrap(), Vec::<String>::new());
    }
}
