//! From the login to a published flow by keys alone: no pointer, no script of the test presses anything.

use super::editor_browser::shop;
use crate::{browser::Browser, page::Page};

impl Browser {
    /// Presses Tab until something has the focus.
    async fn tab_to(&mut self, selector: &str) {
        for _ in 0..120 {
            self.press("Tab").await;
            if self.run(&format!("document.activeElement.matches('{selector}')")).await == true {
                return;
            }
        }
        panic!("Tab never comes to {selector}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_is_changed_tested_published_and_taken_back_by_keys_alone() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = shop().await;
    browser.screen(1440, 900).await;
    browser.visit(&format!("http://{}/admin/login", panel.address)).await;
    browser.tab_to("#name").await;
    browser.type_in("Anton").await;
    browser.tab_to("#password").await;
    browser.type_in(super::PASSWORD).await;
    browser.press("Enter").await;
    browser.until("document.readyState === 'complete' && location.pathname === '/admin/'").await;
    browser.until("window.panel !== undefined").await;

    // To the flows by G F, where a draft is begun.
    browser.press("KeyG").await;
    browser.press("KeyF").await;
    browser.until("document.readyState === 'complete' && location.pathname === '/admin/flows'").await;
    browser.tab_to("#title").await;
    browser.type_in("Politer").await;
    browser.press("Enter").await;
    browser.until("window.editors?.length === 1").await;

    // Into the text, to a node, and a change there.
    browser.tab_to(".editor-view").await;
    browser.press("ctrl+shift+KeyO").await;
    browser.until("document.querySelector('dialog.palette[open]') !== null").await;
    browser.type_in("offer").await;
    browser.press("Enter").await;
    browser.until("document.querySelector('[data-where]').textContent === 'Line 7, column 1'").await;
    browser.press("ArrowDown").await;
    browser.press("ctrl+KeyF").await;
    browser.type_in("Look").await;
    browser.press("Enter").await;
    browser.press("Escape").await;
    browser.type_in("Have a look").await;
    browser.press("ctrl+KeyS").await;
    browser.until("document.querySelector('[data-saved]').textContent.startsWith('Saved')").await;
    browser.until("document.querySelector('[data-changed-total]').textContent.startsWith('1')").await;

    // The tests, and out of the text to the publication.
    browser.press("ctrl+Enter").await;
    browser.until("document.querySelector('#tests-result').innerText.includes('1')").await;
    browser.press("Escape").await;
    browser.tab_to("[data-after-save-link]").await;
    browser.press("Enter").await;
    browser.until("document.readyState === 'complete' && location.pathname.endsWith('/publish')").await;
    browser.tab_to("#publishing button.primary").await;
    browser.photograph("editor-keys-publish").await;
    browser.press("Enter").await;
    browser.until("document.readyState === 'complete' && location.pathname === '/admin/flows'").await;
    browser.photograph("editor-keys-published").await;
    let mut client = Page::new(&panel.server, "en").await;
    let reply = client.ask("m1", "/offer").await;
    assert_eq!(reply["text"], "Have a look", "{reply}");

    // And back to the release before.
    browser.tab_to("table td .button").await;
    browser.press("Enter").await;
    browser
        .until("document.readyState === 'complete' && location.pathname.startsWith('/admin/flows/releases/')")
        .await;
    browser.tab_to("form[action=\"/admin/flows/rollback\"] button").await;
    browser.press("Enter").await;
    browser.until("document.readyState === 'complete' && location.pathname === '/admin/flows'").await;
    let reply = client.ask("m2", "/offer").await;
    assert_eq!(reply["text"], "Look", "{reply}");
    browser.is_content("keys alone");
}
