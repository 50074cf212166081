//! Failures of the surroundings while the real binary serves: effects on clients and staff, and the state in /health.

mod databases;
mod neighbours;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    page::Page,
    support::{Home, Server, Tolmach, get},
};

/// A shop that counts messages.
const FLOW: &str = "\
flow: shop
start: count
on: { command: { start: hello } }
slots:
  n: { type: number, default: 0 }
nodes:
  hello:
    say: { text: Hello }
  count:
    set: { n: slots.n + 1 }
    next: notify_staff
  notify_staff:
    say: { text: 'message {{slots.n}}' }
";

const TIMEOUT: Duration = Duration::from_secs(40);

fn shop() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home
}

fn run(home: &Home) -> Tolmach {
    home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_DEBOUNCE_MS", "0")
}

impl Server {
    async fn status(&self) -> (u16, Value) {
        get(&self.url("/health")).await
    }

    /// Polls /health until it has this status; returns its text on the database.
    async fn status_until(&self, wanted: u16) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let (status, health) = self.status().await;
            if status == wanted {
                return health["database"].as_str().expect("a text").to_owned();
            }
            assert!(Instant::now() < deadline, "/health stays {status}: {health}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Page {
    /// Sends a message once; returns whether it was acknowledged.
    async fn offer(&mut self, text: &str) -> bool {
        self.send_message(text, text).await;
        loop {
            let frame = self.receive().await.expect("open");
            match frame["type"].as_str() {
                Some("ack") => return frame["id"] == text,
                Some("error") => {
                    assert!(["unavailable", "too_fast"].iter().any(|code| frame["code"] == *code), "{frame}");
                    return false;
                }
                _ => {}
            }
        }
    }

    /// Sends a message as the real page does: again with the same id until it is acknowledged.
    async fn insist(&mut self, text: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while !self.offer(text).await {
            assert!(Instant::now() < deadline, "«{text}» is never acknowledged");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Waits until the bot has sent so many replies. Then reopens the chat and checks that each message was stored
    /// once, answered once and in order.
    async fn is_whole(&mut self, server: &Server, texts: &[String]) {
        let last = format!("message {}", texts.len());
        while self.dialog().last() != Some(&("bot".to_owned(), last.clone())) {
            self.receive().await.expect("open");
        }
        let dialog = Page::back(server, &self.token).await.dialog();
        let of = |whom: &str| -> Vec<String> {
            dialog.iter().filter(|(who, _)| who == whom).skip(1).map(|(_, text)| text.clone()).collect()
        };
        assert_eq!(of("client"), texts);
        let answers: Vec<String> = (1..=texts.len()).map(|n| format!("message {n}")).collect();
        assert_eq!(of("bot"), answers);
    }
}
