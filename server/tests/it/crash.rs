//! Kills the server repeatedly and checks what clients see.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    page::Page,
    support::{Home, Server},
};

const CHATS: usize = 3;
const CYCLES: u64 = 8;
/// Messages of one chat per cycle; a connection accepts at most so many at once.
const MESSAGES: usize = 5;

#[tokio::test]
async fn the_contact_form_survives() {
    contact_form(&Home::ready()).await;
}

/// Every acknowledged message is answered once and in order, however often the server is killed.
#[tokio::test]
async fn what_was_acknowledged_is_answered_once() {
    acknowledged(&Home::ready()).await;
}

pub async fn contact_form(home: &Home) {
    let serve = || home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let server = serve();
    let mut page = Page::new(&server, "ru").await;
    page.ask("1", "ищу перфоратор").await;
    page.press("2", "Связаться с менеджером").await;
    server.kill();

    let server = serve();
    let mut page = Page::back(&server, &page.token).await;
    let asked = page.ask("3", "8 999 123-45-67").await;
    assert!(asked["text"].as_str().is_some_and(|text| text.contains("Как к вам обращаться")), "{asked}");
    server.kill();

    let server = serve();
    let mut page = Page::back(&server, &page.token).await;
    let thanks = page.ask("4", "Пётр").await;
    assert!(thanks["text"].as_str().is_some_and(|text| text.contains("Спасибо, Пётр")), "{thanks}");
    server.kill();

    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads.as_array().map(Vec::len), Some(1), "{leads}");
    assert_eq!(leads[0]["lead"]["contact"]["phone"], "+79991234567");
    assert_eq!(leads[0]["lead"]["contact"]["name"], "Пётр");
}

pub async fn acknowledged(home: &Home) {
    let serve = || home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let server = serve();
    let mut chats = Vec::new();
    for _ in 0..CHATS {
        let mut page = Page::new(&server, "en").await;
        page.ask("first", "/help").await;
        chats.push(Chat::new(page.token));
    }
    server.kill();
    for cycle in 0..CYCLES {
        let server = serve();
        // In each cycle the server is killed after a different number of acknowledgements, from none to nearly all.
        let mut left = usize::try_from(cycle * 5 % 13).expect("small");
        let mut pages = Vec::new();
        for chat in &mut chats {
            let mut page = Page::back(&server, &chat.token).await;
            chat.write(cycle);
            for text in &chat.unsure {
                // As the page does: an unacknowledged message is sent again with its id.
                page.send_message(text, &format!("/help {text}")).await;
            }
            pages.push(page);
        }
        while left > 0 {
            for (page, chat) in pages.iter_mut().zip(&mut chats) {
                if left > 0 && chat.one_more_ack(page).await {
                    left -= 1;
                }
            }
        }
        server.kill();
        for (page, chat) in pages.iter_mut().zip(&mut chats) {
            // Acknowledgements that were in flight at the kill count too.
            chat.acks_to_the_end(page).await;
        }
    }
    let server = serve();
    for chat in &mut chats {
        chat.check(&server).await;
    }
    server.kill();
}

/// The client's side of one chat.
struct Chat {
    token: String,
    written: Vec<String>,
    /// Messages that are not acknowledged yet, in order.
    unsure: Vec<String>,
}

impl Chat {
    fn new(token: String) -> Chat {
        Chat { token, written: Vec::new(), unsure: Vec::new() }
    }

    fn write(&mut self, cycle: u64) {
        for number in self.unsure.len()..MESSAGES {
            let text = format!("c{cycle}n{number}");
            self.written.push(text.clone());
            self.unsure.push(text);
        }
    }

    /// Waits for one acknowledgement; false if none is outstanding.
    async fn one_more_ack(&mut self, page: &mut Page) -> bool {
        if self.unsure.is_empty() {
            return false;
        }
        loop {
            let frame = page.receive().await.expect("the server runs");
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == "ack" {
                self.unsure.retain(|text| frame["id"] != text.as_str());
                return true;
            }
        }
    }

    async fn acks_to_the_end(&mut self, page: &mut Page) {
        while let Some(frame) = page.receive().await {
            if frame["type"] == "ack" {
                self.unsure.retain(|text| frame["id"] != text.as_str());
            }
        }
    }

    async fn check(&mut self, server: &Server) {
        let mut page = Page::back(server, &self.token).await;
        for text in &self.unsure {
            page.send_message(text, &format!("/help {text}")).await;
        }
        // The reply to a last message shows that everything before it was answered.
        let mut page = if self.unsure.is_empty() {
            page
        } else {
            while self.one_more_ack(&mut page).await {}
            Page::back(server, &self.token).await
        };
        page.send_message("last", "/help last").await;
        while !page.dialog().ends_with(&[("client".into(), "/help last".into()), help(&page)]) {
            if page.receive().await.expect("open")["code"] == "too_fast" {
                // As the page does: the limit counts what was sent on the connection before.
                tokio::time::sleep(Duration::from_secs(1)).await;
                page.send_message("last", "/help last").await;
            }
        }
        let dialog = page.dialog();
        let asked: Vec<&str> = dialog
            .iter()
            .filter_map(|(who, text)| (who == "client").then(|| text.strip_prefix("/help "))?)
            .collect();
        let unique: BTreeSet<&&str> = asked.iter().collect();
        assert_eq!(unique.len(), asked.len(), "something was taken twice: {asked:?}");
        let mut expected: Vec<&str> = self.written.iter().map(String::as_str).collect();
        expected.push("last");
        assert_eq!(asked, expected);
        // After the greeting, questions and answers alternate: no message is unanswered or answered twice.
        let who: Vec<&str> = dialog.iter().map(|(who, _)| who.as_str()).collect();
        assert_eq!(who[..2], ["client", "bot"]);
        assert!(who.chunks(2).all(|two| two == ["client", "bot"]), "{dialog:?}");
    }
}

/// The last reply, if it is that of /help.
fn help(page: &Page) -> (String, String) {
    let last = page.dialog().pop().filter(|(who, text)| who == "bot" && text.starts_with("What I can do"));
    last.unwrap_or_default()
}
