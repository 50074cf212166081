//! The panel in a real browser: what people do in it, and whether everybody can.

use std::path::PathBuf;

use serde_json::json;

use super::{Client, PASSWORD, Panel, dashboard::people};
use crate::{browser::Browser, page::Page, support::Home};

impl Browser {
    pub(super) async fn visit(&mut self, address: &str) {
        self.call("Page.navigate", json!({ "url": address })).await;
        self.until("document.readyState === 'complete'").await;
    }

    pub(super) async fn fill_in(&mut self, selector: &str, text: &str) {
        self.run(&format!("document.querySelector('{selector}').focus()")).await;
        self.run(&format!("document.querySelector('{selector}').select?.()")).await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    pub(super) async fn key(&mut self, code: &str, key: &str, modifiers: u32) {
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "code": code, "key": key, "modifiers": modifiers });
            self.call("Input.dispatchKeyEvent", key).await;
        }
    }

    pub(super) async fn enter(&mut self, panel: &Panel, name: &str) {
        self.visit(&format!("http://{}/admin/login", panel.address)).await;
        self.fill_in("#name", name).await;
        self.fill_in("#password", PASSWORD).await;
        self.run("document.querySelector('form button.primary').click()").await;
        self.until("location.pathname !== '/admin/login' && document.readyState === 'complete'").await;
    }

    /// Nothing was refused by the policy, and no script has failed.
    pub(super) fn is_content(&self, when: &str) {
        assert!(self.complaints.is_empty(), "{when}: {:?}", self.complaints);
    }

    /// The page is not wider than the screen.
    pub(super) async fn is_as_wide_as_the_screen(&mut self, when: &str) {
        let wide = self.run("document.scrollingElement.scrollWidth - innerWidth").await;
        assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "{when}: {wide} too wide");
    }

    /// Runs axe on the page as it is; nothing serious or critical may be found. Without axe only a note is printed.
    pub(super) async fn is_accessible(&mut self, when: &str) {
        let Some(axe) = std::env::var_os("TOLMACH_TEST_AXE").map(PathBuf::from) else {
            eprintln!("skipped: TOLMACH_TEST_AXE names no axe.min.js, so accessibility was not checked");
            assert!(std::env::var_os("CI").is_none(), "CI has axe, so that this is not skipped");
            return;
        };
        let script = std::fs::read_to_string(axe).expect("axe is read");
        self.run(&script).await;
        self.run(
            "window.found = null; axe.run(document, { resultTypes: ['violations'] }).then((result) => { \
             window.found = JSON.stringify(result.violations.map((found) => \
             `${found.impact}: ${found.id} ${found.nodes.map((node) => node.target).join(' ')}`)); })",
        )
        .await;
        self.until("typeof window.found === 'string'").await;
        let found = self.run("window.found").await;
        let found: Vec<String> = serde_json::from_str(found.as_str().expect("a text")).expect("JSON");
        let bad: Vec<_> =
            found.iter().filter(|one| one.starts_with("serious") || one.starts_with("critical")).collect();
        assert!(bad.is_empty(), "{when}: {bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_takes_a_chat_answers_and_gives_it_back() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор до 20000").await;
    client.ask("m2", "позовите менеджера").await;

    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/inbox", panel.address)).await;
    browser.until("document.querySelectorAll('[data-row]').length === 1").await;
    assert!(browser.text("[data-row] .last").await.len() > 3);
    browser.run("document.querySelector('[data-row]').click()").await;
    browser.until("document.querySelector('#lines .says') !== null").await;
    browser.is_accessible("a chat that waits").await;
    browser.photograph("panel-chat-waiting").await;
    assert!(browser.text("#composer").await.contains("Take the chat"));

    // The trace of a turn comes when it is opened.
    browser.run("[...document.querySelectorAll('.trace summary')][1].click()").await;
    browser.until("document.querySelector('.trace[open] .steps .node') !== null").await;
    let trace = browser.text(".trace[open]").await;
    assert!(trace.contains("classify") && trace.contains("0."), "{trace}");
    browser.photograph("panel-chat-trace").await;

    // One key takes the chat; the composer opens.
    browser.run("document.activeElement.blur()").await;
    browser.key("KeyT", "t", 0).await;
    browser.until("document.querySelector('#reply') !== null").await;
    browser.fill_in("#reply", "Здравствуйте, это Мила. Чем помочь?").await;
    browser.key("Enter", "Enter", 2).await;
    let said = client.reply().await;
    assert_eq!(
        (said["text"].as_str(), said["who"].as_str()),
        (Some("Здравствуйте, это Мила. Чем помочь?"), Some("staff"))
    );
    browser.until("document.querySelector('#lines .says.staff') !== null").await;
    // What was sent is not a draft any more, once the server has said so.
    browser.until("document.querySelector('#reply').value === ''").await;

    // What the client writes appears by itself.
    client.send_message("m3", "Есть ли доставка <b>в Тверь</b>?").await;
    browser.until("document.querySelector('#lines').innerText.includes('<b>в Тверь</b>')").await;
    browser.photograph("panel-chat-mine").await;
    browser.is_accessible("a chat that is mine").await;

    browser.fill_in("#note", "Просит доставку").await;
    browser.run("document.querySelector('[data-note]').requestSubmit()").await;
    browser.until("document.querySelector('#notes').innerText.includes('Просит доставку')").await;
    browser.run("document.activeElement.blur()").await;
    browser.key("KeyB", "b", 0).await;
    browser.until("document.querySelector('#composer [data-key=KeyT]') !== null").await;
    let reply = client.ask("m4", "нужна дрель").await;
    assert_eq!(reply["who"], "bot", "the bot has it again: {reply}");
    browser.is_content("the whole dialog");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_readable_wide_and_narrow_light_and_dark_in_both_languages() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор до 20000").await;
    client.ask("m2", "позовите менеджера").await;
    let mut lead = Page::new(&panel.server, "ru").await;
    lead.ask("l1", "позовите менеджера").await;
    lead.ask("l2", "Анна, 8 916 555 01 42").await;
    browser.screen(1440, 1000).await;
    browser.visit(&format!("http://{}/admin/login", panel.address)).await;
    browser.is_accessible("the login").await;
    browser.photograph("panel-login").await;
    browser.enter(&panel, "Olga").await;
    let mut http = panel.logged_in("Olga").await;
    let inbox = http.get("/admin/inbox").await.body;
    let chat = inbox.split("data-chat=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a chat");
    let board = http.get("/admin/leads").await.body;
    let id = board.split("data-lead=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a lead");
    http.get("/admin/catalogue").await;
    let list = "Артикул;Наименование;Цена, руб.;Остаток\nA-1;Насос скважинный;1000;5\nA-2;Кран шаровой;200;\nA-2;Кран;0;1\n";
    let upload = http.upload("Снаб", &[("прайс.csv", list.as_bytes())]).await.location.expect("a draft");
    super::catalogue::waited(&mut http, &upload).await;
    let found = http
        .get("/admin/catalogue/search?q=%D0%BF%D0%B5%D1%80%D1%84%D0%BE%D1%80%D0%B0%D1%82%D0%BE%D1%80")
        .await
        .body;
    let row =
        found.split("/admin/catalogue/rows/").nth(1).and_then(|rest| rest.split('"').next()).expect("a row");
    super::tokens::token(&panel.home, "Anton", "nightly", &["--read-only"]);
    let people = http.get("/admin/people").await.body;
    let person =
        people.split("href=\"").find(|rest| rest.starts_with("/admin/people/") && rest.contains("Anton"));
    let person = person.and_then(|rest| rest.split('"').next()).expect("a person").to_owned();
    let pages = [
        ("catalogue", "/admin/catalogue".to_owned()),
        ("catalogue-empty-search", "/admin/catalogue/search".to_owned()),
        ("catalogue-search", "/admin/catalogue/search?q=перфоратор до 20000".to_owned()),
        ("catalogue-none-found", "/admin/catalogue/search?q=zzzzzz".to_owned()),
        ("catalogue-row", format!("/admin/catalogue/rows/{row}")),
        ("catalogue-golden", "/admin/catalogue/golden".to_owned()),
        ("catalogue-upload", upload),
        ("inbox-search", "/admin/inbox?q=перф".to_owned()),
        ("inbox", "/admin/inbox".to_owned()),
        ("chat", format!("/admin/inbox/{chat}")),
        ("leads", "/admin/leads".to_owned()),
        ("leads-table", "/admin/leads?view=table".to_owned()),
        ("lead", format!("/admin/leads/{id}")),
        ("account", "/admin/account".to_owned()),
        ("people", "/admin/people".to_owned()),
        ("person", person),
        ("audit", "/admin/audit".to_owned()),
        ("audit-none", "/admin/audit?actor=nobody".to_owned()),
        ("system", "/admin/system".to_owned()),
        ("jobs", "/admin/jobs".to_owned()),
        ("logs", "/admin/logs".to_owned()),
        ("data", "/admin/data".to_owned()),
        ("data-rows", "/admin/data/messages?column=body&how=has&q=перф".to_owned()),
        ("data-accounts", "/admin/data/accounts".to_owned()),
        ("data-row", format!("/admin/data/chats/row?key=[\"{chat}\"]")),
        ("data-edit", "/admin/data/messages/row?key=[\"1\"]&edit=body".to_owned()),
        ("experiments", "/admin/experiments".to_owned()),
        ("not-found", "/admin/nothing".to_owned()),
    ];
    for (language, theme) in [("ru", "light"), ("en", "dark")] {
        http.get("/admin/account").await;
        let look = [("all", "1"), ("language", language), ("theme", theme), ("keys", "1")];
        assert_eq!(http.post("/admin/account/settings", &look).await.status, 303);
        for (name, path) in &pages {
            for (width, height) in [(1440, 1000), (390, 844)] {
                browser.screen(width, height).await;
                browser.visit(&format!("http://{}{path}", panel.address)).await;
                let what = format!("{name} {language} {theme} {width}");
                assert_eq!(browser.run("document.documentElement.lang").await, language, "{what}");
                browser.is_as_wide_as_the_screen(&what).await;
                browser.is_accessible(&what).await;
                browser.photograph(&format!("panel-{name}-{language}-{theme}-{width}")).await;
                let bytes = browser
                    .run("performance.getEntries().reduce((sum, entry) => sum + (entry.decodedBodySize ?? 0), 0)")
                    .await;
                assert!(
                    bytes.as_f64().is_some_and(|bytes| bytes > 5_000.0 && bytes < 200_000.0),
                    "{what}: {bytes}"
                );
            }
        }
    }
    let ours: Vec<&String> = browser.complaints.iter().filter(|text| !text.contains("404")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_overview_is_readable_with_figures_and_without() {
    let Some(mut browser) = Browser::start().await else { return };
    let empty = Panel::start().await;
    let home = Home::new();
    let days = std::env::var("TOLMACH_TEST_DEMO_DAYS").unwrap_or_else(|_| "3".to_owned());
    let ran = home.tolmach(&["demo", "--days", &days, "--fill-only"]).run().ok();
    let server = home.tolmach(&["run", "--data", "tolmach-demo", "--listen", "127.0.0.1:0"]).serve();
    let password = people(&ran.stdout)["Olga"].clone();
    for (what, address, password, period) in [
        ("empty", empty.address.clone(), PASSWORD.to_owned(), "day"),
        ("demo", server.address.clone(), password, "month"),
    ] {
        browser.visit(&format!("http://{address}/admin/login")).await;
        browser.fill_in("#name", "Olga").await;
        browser.fill_in("#password", &password).await;
        browser.run("document.querySelector('form button.primary').click()").await;
        browser.until("location.pathname !== '/admin/login' && document.readyState === 'complete'").await;
        let mut http = Client::new(&address);
        assert_eq!(http.log_in("Olga", &password).await.status, 303);
        for (language, theme) in [("ru", "light"), ("en", "dark")] {
            http.get("/admin/account").await;
            let look = [("all", "1"), ("language", language), ("theme", theme), ("keys", "1")];
            assert_eq!(http.post("/admin/account/settings", &look).await.status, 303);
            for (width, height) in [(1440, 1000), (390, 844)] {
                browser.screen(width, height).await;
                browser.visit(&format!("http://{address}/admin/?period={period}")).await;
                let what = format!("overview {what} {language} {theme} {width}");
                assert_eq!(browser.run("document.documentElement.lang").await, language, "{what}");
                browser
                    .run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
                    .await;
                browser.is_as_wide_as_the_screen(&what).await;
                browser.is_accessible(&what).await;
                browser
                    .run("document.querySelectorAll('details').forEach((part) => { part.open = false; })")
                    .await;
                browser.photograph(&what.replace(' ', "-")).await;
            }
        }
    }
    browser.is_content("the overviews");
}
