//! Settings in a real browser: the owner tries a provider with a wrong key and the right one, saves by the keyboard, and sees what
//! they have changed; every section on a wide and on a narrow screen.

use serde_json::{Value, json};
use tolmach_testkit::model::{Model, NAME};

use super::Panel;
use crate::browser::Browser;

const KEY: &str = "sk-secret-of-the-shop-0123456789";

fn reply(_: &Value) -> String {
    json!({ "text": "ok" }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_tries_a_provider_saves_it_and_sees_every_section() {
    let Some(mut browser) = Browser::start().await else { return };
    let provider = Model::start(KEY, reply).await;
    let panel = Panel::with(&[("TOLMACH_REPORT_AT", "19:00")]).await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Olga").await;
    browser.run("document.activeElement.blur()").await;
    browser.key("KeyG", "g", 0).await;
    browser.key("KeyP", "p", 0).await;
    browser.until("location.pathname === '/admin/settings' && document.readyState === 'complete'").await;
    browser
        .run("[...document.querySelectorAll('.subnav a')].find((link) => link.innerText.includes('Language models')).click()")
        .await;
    browser
        .until("location.pathname === '/admin/settings/models' && document.readyState === 'complete'")
        .await;
    for (field, text) in [
        ("#f-llm-base-url", provider.url.as_str()),
        ("#f-llm-model", NAME),
        ("#f-llm-api-key", "sk-wrong-0000"),
    ] {
        browser.fill_in(field, text).await;
    }
    browser.until("document.querySelector('[data-changes]').innerText.includes('3 unsaved changes')").await;
    let bar = browser.text("[data-changes]").await;
    assert!(
        bar.contains(&format!("Model — → {NAME}")) && bar.contains("Key") && !bar.contains("sk-wrong"),
        "{bar}"
    );
    let test = "document.querySelector('[data-test=model-result]').click()";
    browser.run(test).await;
    browser.until("document.querySelector('#model-result .result.bad') !== null").await;
    let said = browser.text("#model-result").await;
    assert!(said.contains("does not accept the key") && said.contains("Key"), "{said}");
    browser.is_accessible("a wrong key").await;
    browser.photograph("settings-wrong-key").await;
    // The key is typed anew, the other fields are as they were.
    browser.fill_in("#f-llm-api-key", KEY).await;
    browser.run(test).await;
    browser.until("document.querySelector('#model-result .result:not(.bad)') !== null").await;
    let said = browser.text("#model-result").await;
    assert!(said.contains("the model answered") && said.contains("120 tokens"), "{said}");
    browser.key("KeyS", "s", 2).await;
    browser.until("location.search.includes('saved=1') && document.readyState === 'complete'").await;
    let page = browser.text("#main").await;
    assert!(page.contains("Set, ends in 6789") && page.contains("Olga"), "{page}");
    let source = browser.run("document.documentElement.outerHTML").await;
    assert!(!source.as_str().expect("a page").contains(KEY), "the key is in the page");
    browser.photograph("settings-models").await;
    for section in ["mail", "models", "staff", "retention", "sites", "channels", "limits"] {
        browser.visit(&format!("http://{}/admin/settings/{section}", panel.address)).await;
        browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
        for (width, height) in [(390, 844), (1440, 1000)] {
            browser.screen(width, height).await;
            let what = format!("{section} at {width}");
            browser.is_accessible(&what).await;
            browser.is_as_wide_as_the_screen(&what).await;
            browser.photograph(&format!("settings-{section}-{width}")).await;
        }
    }
    // In Russian everything is said in Russian.
    browser.run("document.querySelector('.top form button[lang=ru]').click()").await;
    browser.until("document.documentElement.lang === 'ru' && document.readyState === 'complete'").await;
    browser.visit(&format!("http://{}/admin/settings/retention", panel.address)).await;
    browser.fill_in("#f-retention-inbox-days", "1").await;
    browser.run("document.querySelector('[data-save]').click()").await;
    browser.until("document.querySelector('#f-retention-inbox-days-e') !== null").await;
    browser.until("document.activeElement.id === 'f-retention-inbox-days'").await;
    browser.is_accessible("a refused value").await;
    let page = browser.text("#main").await;
    assert!(page.contains("Телеграм повторяет сутки") && page.contains("TOLMACH_REPORT_AT"), "{page}");
    browser.is_content("the owner's way");
}
