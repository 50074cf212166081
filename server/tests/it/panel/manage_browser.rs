//! Administration in a real browser: somebody is invited, changed and disabled; an owner mends a row; the log goes on by itself.

use super::{
    PASSWORD, Panel,
    manage::{beside, broken_form},
};
use crate::{browser::Browser, page::Page};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_invites_somebody_changes_them_and_reads_it_in_the_audit_log() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Olga").await;
    // By keyboard: G, then U.
    browser.run("document.activeElement.blur()").await;
    browser.key("KeyG", "g", 0).await;
    browser.key("KeyU", "u", 0).await;
    browser.until("location.pathname === '/admin/people' && document.readyState === 'complete'").await;
    browser.run("document.querySelector('#invite-role').value = 'analyst'").await;
    browser.run("document.querySelector('#invite-role').form.requestSubmit()").await;
    browser.until("document.querySelector('#link') !== null").await;
    let link = browser.run("document.querySelector('#link').value").await;
    let link = link.as_str().expect("a link").to_owned();
    assert!(link.starts_with(&format!("http://{}/admin/setup/", panel.address)), "{link}");
    for (width, height) in [(390, 844), (1440, 1000)] {
        browser.screen(width, height).await;
        browser.is_accessible("a link").await;
        browser.is_as_wide_as_the_screen("a link").await;
        browser.photograph(&format!("manage-link-{width}")).await;
    }

    let mut guest = Browser::start().await.expect("a browser");
    guest.screen(1440, 1000).await;
    guest.visit(&link).await;
    assert!(guest.text("h1").await.contains("Your account"));
    for (field, text) in [("#name", "Nora"), ("#password", PASSWORD), ("#again", PASSWORD)] {
        guest.fill_in(field, text).await;
    }
    guest.run("document.querySelector('form button.primary').click()").await;
    guest.until("location.pathname === '/admin/' && document.readyState === 'complete'").await;

    // The owner makes a manager of the analyst, who finds leads in the navigation; then the session is ended.
    browser.visit(&format!("http://{}/admin/people", panel.address)).await;
    let nora = "[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('Nora'))";
    browser.run(&format!("(() => {{ const field = {nora}.querySelector('select'); field.value = 'manager'; field.form.requestSubmit(); }})()")).await;
    browser.until("location.search.includes('saved=role') && document.readyState === 'complete'").await;
    guest.visit(&format!("http://{}/admin/leads", panel.address)).await;
    assert!(guest.text("h1").await.contains("Leads"));
    browser.run(&format!("{nora}.querySelector('form[action$=disable]').requestSubmit()")).await;
    browser.until("location.search.includes('saved=disabled') && document.readyState === 'complete'").await;
    browser.photograph("manage-people").await;
    guest.visit(&format!("http://{}/admin/leads", panel.address)).await;
    assert_eq!(guest.run("location.pathname").await, "/admin/login");

    browser.visit(&format!("http://{}/admin/audit?object=Nora", panel.address)).await;
    let log = browser.text("#main").await;
    assert!(
        log.contains("account.set") && log.contains("account.create") && log.contains("manager"),
        "{log}"
    );
    browser.photograph("manage-audit").await;
    browser.is_content("the owner's way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_finds_a_row_mends_it_and_the_log_goes_on() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор").await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Olga").await;
    browser.visit(&format!("http://{}/admin/data", panel.address)).await;
    browser
        .run("[...document.querySelectorAll('a')].find((link) => link.innerText === 'messages').click()")
        .await;
    browser.until("location.pathname === '/admin/data/messages' && document.readyState === 'complete'").await;
    browser.run("document.querySelector('#column').value = 'body'").await;
    browser.fill_in("#q", "перфоратор").await;
    browser.run("document.querySelector('#q').form.requestSubmit()").await;
    browser.until("location.search.includes('q=') && document.readyState === 'complete'").await;
    browser.photograph("manage-data-rows").await;
    browser.run("[...document.querySelectorAll('tbody a')].at(-1).click()").await;
    browser.until("location.pathname.endsWith('/row') && document.readyState === 'complete'").await;
    browser
        .run("[...document.querySelectorAll('dd a')].find((link) => link.href.includes('edit=body')).click()")
        .await;
    browser.until("document.querySelector('#value') !== null").await;
    browser.is_accessible("a value to be changed").await;
    browser.fill_in("#value", "нужна дрель").await;
    browser.fill_in("#reason", "клиент просил").await;
    browser.photograph("manage-data-edit").await;
    browser.run("document.querySelector('#value').form.requestSubmit()").await;
    browser.until("location.search.includes('saved=set') && document.readyState === 'complete'").await;
    assert!(browser.text("#main").await.contains("нужна дрель"));
    browser.visit(&format!("http://{}/admin/data/accounts", panel.address)).await;
    let accounts = browser.text("#main").await;
    assert!(accounts.contains("hidden") && !accounts.contains("argon2"), "{accounts}");
    browser.photograph("manage-data-accounts").await;

    // New lines of the log come by themselves, until they are stopped.
    browser.visit(&format!("http://{}/admin/logs", panel.address)).await;
    browser.until("document.querySelector('#tail').hidden === false").await;
    let last = "[...document.querySelectorAll('[data-last]')].at(-1).dataset.last";
    let before = browser.run(last).await;
    broken_form(&mut panel.logged_in("Adam").await).await;
    browser.until(&format!("Number({last}) > {}", before.as_str().expect("a number"))).await;
    browser.until("document.querySelectorAll('.log-line').length === 1").await;
    browser.photograph("manage-logs").await;
    browser.run("document.querySelector('#tail').click()").await;
    assert_eq!(browser.run("document.querySelector('#tail').getAttribute('aria-pressed')").await, "false");

    beside(&panel.home, "INSERT INTO quarantine (id, task, starts, why, at) VALUES ('t1', '{\"kind\":\"retain\"}', 3, 'begun 3 times', 5)").await;
    browser.visit(&format!("http://{}/admin/jobs", panel.address)).await;
    browser.is_accessible("tasks").await;
    browser.photograph("manage-jobs").await;
    browser.run("document.querySelector('form[action$=discard]').requestSubmit()").await;
    browser.until("location.search.includes('saved=discarded') && document.readyState === 'complete'").await;
    assert!(browser.text("#main").await.contains("Nothing is quarantined"));
    browser.is_content("the owner's way");
}
