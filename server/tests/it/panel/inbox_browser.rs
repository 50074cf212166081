//! The inbox in a real browser: a file is attached and sent, a failed message is tried again, and the timeline tells who has the chat.

use serde_json::json;
use tolmach_testkit::telegram::Telegram;

use super::{
    Panel,
    inbox::{PDF, SHOP, only_chat, with_telegram},
};
use crate::{browser::Browser, page::Page, support::Home};

/// A picture that is large enough to be looked at.
const PICTURE: &[u8] = include_bytes!("../../../../catalog-samples/photos/generator.png");

impl Browser {
    /// Chooses files in a field, as the browser's dialog does.
    pub(super) async fn choose_files(&mut self, selector: &str, files: &[String]) {
        let document = self.call("DOM.getDocument", json!({})).await;
        let root = document["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", json!({ "nodeId": root, "selector": selector })).await;
        self.call("DOM.setFileInputFiles", json!({ "nodeId": node["nodeId"], "files": files })).await;
    }

    /// The page as it is, wide and narrow.
    async fn looks(&mut self, what: &str) {
        for (width, height) in [(1440, 1000), (390, 844)] {
            self.screen(width, height).await;
            self.is_as_wide_as_the_screen(&format!("{what} {width}")).await;
            self.is_accessible(&format!("{what} {width}")).await;
            self.run("document.querySelector('#lines').lastElementChild?.scrollIntoView()").await;
            self.photograph(&format!("inbox-{what}-{width}")).await;
        }
        self.screen(1440, 1000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_sends_files_and_the_timeline_tells_who_has_the_chat() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    let panel = Panel::in_home(home, &[]).await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "/person").await;
    let mut http = panel.logged_in("Mila").await;
    let chat = only_chat(&mut http).await;
    let files = [("Генератор.png", PICTURE), ("Счёт №5.pdf", PDF), ("setup.exe", b"MZ".as_slice())];
    let paths: Vec<String> =
        files.iter().map(|(name, content)| panel.home.write(name, content).display().to_string()).collect();

    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}{chat}", panel.address)).await;
    browser.until("document.querySelector('#lines .event.calls') !== null").await;
    assert!(browser.text("#lines .event.calls").await.contains("The bot called a person"));
    browser.run("document.querySelector('#composer [data-key=KeyT]').click()").await;
    browser.until("document.querySelector('#reply') !== null").await;
    browser.until("document.querySelector('#lines').innerText.includes('Mila took the chat')").await;

    // What may not be sent stays with what was written, and says why.
    browser.choose_files("#files", &paths).await;
    browser.until("document.querySelectorAll('[data-attached] li').length === 3").await;
    browser.fill_in("#reply", "Вот счёт и кот").await;
    browser.looks("attached").await;
    browser.run("document.querySelector('[data-reply]').requestSubmit()").await;
    browser.until("document.querySelector('[data-reply] .error') !== null").await;
    assert!(browser.text("[data-reply] .error").await.contains("Programs and scripts are not sent"));
    assert_eq!(browser.run("document.querySelector('#reply').value").await, "Вот счёт и кот");
    browser.looks("refused").await;
    browser.run("[...document.querySelectorAll('[data-attached] button')].at(-1).click()").await;
    browser.until("document.querySelectorAll('[data-attached] li').length === 2").await;
    browser.run("document.querySelector('[data-reply]').requestSubmit()").await;
    let said = client.reply().await;
    assert_eq!(said["files"].as_array().map(Vec::len), Some(2), "{said}");
    browser.until("document.querySelectorAll('#lines .sent-files li').length === 2").await;
    browser.until("document.querySelector('#lines .sent')?.complete === true").await;
    browser.until("document.querySelector('#lines .says.staff[data-delivery=delivered]') !== null").await;
    assert_eq!(browser.run("document.querySelectorAll('[data-attached] li').length").await, 0);
    browser.looks("sent").await;

    // A colleague gives the chat back elsewhere: the page learns it without a word being said.
    http.get(&chat).await;
    http.post(&format!("{chat}/return"), &[]).await;
    browser
        .until("document.querySelector('#lines').innerText.includes('Mila returned the chat to the bot')")
        .await;
    browser.until("document.querySelector('#composer [data-key=KeyT]') !== null").await;
    browser.is_content("the panel");

    // The client sees the picture and can download the document.
    browser.visit(&format!("http://{}/chat.css", panel.address)).await;
    browser.run(&format!("localStorage.setItem('tolmach.token', {})", json!(client.token))).await;
    browser.visit(&format!("http://{}/", panel.address)).await;
    browser.until("document.querySelector('.files .shown img')?.complete === true").await;
    assert!(browser.text(".files .download").await.contains("Счёт №5.pdf"));
    assert_eq!(browser.run("document.querySelector('.files .download').download").await, "Счёт №5.pdf");
    browser.is_accessible("the chat page with files").await;
    for (width, height) in [(1200, 900), (390, 844)] {
        browser.screen(width, height).await;
        browser.is_as_wide_as_the_screen("the chat page with files").await;
        browser.photograph(&format!("chat-with-files-{width}")).await;
    }
    browser.is_content("the chat page");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_message_is_tried_again_in_the_page() {
    let Some(mut browser) = Browser::start().await else { return };
    let telegram = Telegram::start().await;
    let panel = with_telegram(&telegram).await;
    telegram.writes(5_001, "/start");
    let mut http = panel.logged_in("Mila").await;
    let chat = only_chat(&mut http).await;
    telegram.inner().blocked.insert(5_001);
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}{chat}", panel.address)).await;
    browser.run("document.querySelector('#composer [data-key=KeyT]').click()").await;
    browser.until("document.querySelector('#reply') !== null").await;
    browser.fill_in("#reply", "Это Мила").await;
    browser.run("document.querySelector('[data-reply]').requestSubmit()").await;
    browser.until("document.querySelector('#lines [data-again] button') !== null").await;
    assert!(browser.text("#lines .why-not").await.contains("bot was blocked by the user"));
    browser.looks("failed").await;
    telegram.inner().blocked.clear();
    browser.run("document.querySelector('#lines [data-again] button').click()").await;
    browser.until("document.querySelector('#lines .says.staff[data-delivery=delivered]') !== null").await;
    assert_eq!(browser.run("document.querySelector('#lines [data-again]')").await, json!(null));
    let inner = telegram.inner();
    assert_eq!(inner.shown.iter().filter(|message| message["text"] == "Это Мила").count(), 1);
    drop(inner);
    browser.is_content("trying again");
}
