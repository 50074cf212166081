//! What each role finds in the panel, in a real browser: the sections of its navigation, the pages behind them, what it does there,
//! and a sentence where it may not go.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use reqwest::Method;
use serde_json::json;
use tolmach_app::accounts::{Permission, Role};

use super::{Panel, roles::filled};
use crate::{browser::Browser, page::Page};

/// Pages of one route that a walk opens at most.
const PAGES: usize = 2;

/// The route of an address and what it needs.
fn route(method: &Method, path: &str) -> Option<(String, Option<Permission>)> {
    let fits = |route: &str| {
        let (mut parts, mut given) = (route.split('/'), path.split('/'));
        loop {
            match (parts.next(), given.next()) {
                (Some(part), Some(_)) if part.starts_with("{*") => return true,
                (Some(part), Some(value)) if part == value || part.starts_with('{') && !value.is_empty() => {}
                (None, None) => return true,
                _ => return false,
            }
        }
    };
    // An address of its own comes before one with places: `/leads/export.csv` is no lead.
    let mut all: Vec<_> = tolmach_admin::routes()
        .into_iter()
        .filter(|(own, route, _)| own == method && fits(route))
        .map(|(_, route, needs)| (route, needs))
        .collect();
    all.sort_by_key(|(route, _)| route.contains('{'));
    all.into_iter().next()
}

impl Browser {
    async fn texts(&mut self, expression: &str) -> Vec<String> {
        let found = self.run(&format!("JSON.stringify({expression})")).await;
        serde_json::from_str(found.as_str().unwrap_or_default()).expect("a list of texts")
    }

    /// The names of the sections in the side bar.
    async fn sections(&mut self) -> Vec<String> {
        self.texts("[...document.querySelectorAll('#side > ul .label')].map((one) => one.innerText.trim())")
            .await
    }

    /// Opens every page that links lead to, and looks at each for links and forms of something that the role may not do. Gives the
    /// routes that were opened.
    async fn walk(&mut self, panel: &Panel, role: Role) -> BTreeSet<String> {
        let mut queue = VecDeque::from(["/admin/".to_owned()]);
        let (mut opened, mut seen) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
        let mut wrong = BTreeSet::new();
        while let Some(address) = queue.pop_front() {
            self.visit(&format!("http://{}{address}", panel.address)).await;
            let title = self.text("h1").await;
            assert!(!title.is_empty(), "{address} is blank");
            if title.contains("Another role") {
                wrong.insert(format!("{address} is linked and refused"));
            }
            let links = "[...document.querySelectorAll('a[href]')].map((link) => new URL(link.href)).filter((url) => url.origin === \
                         location.origin && url.pathname.startsWith('/admin')).map((url) => url.pathname + url.search)";
            for link in self.texts(links).await {
                let path = link.split('?').next().unwrap_or_default();
                let Some((route, needs)) = route(&Method::GET, path) else {
                    wrong.insert(format!("{address} links to {link}, which is no page"));
                    continue;
                };
                if needs.is_some_and(|what| !role.may(what)) {
                    wrong.insert(format!("{address} links to {link}"));
                }
                let downloads = [".csv", ".txt", ".json", "/test"].iter().any(|end| path.ends_with(end));
                let count = opened.entry(route).or_default();
                if *count < PAGES && !downloads && seen.insert(link.clone()) {
                    *count += 1;
                    queue.push_back(link);
                }
            }
            let forms = "[...document.forms].map((form) => `${form.method} ${new URL(form.getAttribute('action'), location).pathname}`)";
            for form in self.texts(forms).await {
                let (method, path) = form.split_once(' ').expect("a method and a path");
                let method = if method == "post" { Method::POST } else { Method::GET };
                match route(&method, path) {
                    Some((_, needs)) if needs.is_none_or(|what| role.may(what)) => {}
                    other => _ = wrong.insert(format!("{address} has a form of {form}: {other:?}")),
                }
            }
        }
        assert_eq!(wrong, BTreeSet::new(), "{role:?}");
        opened.into_keys().collect()
    }

    /// Every address of a page that the role may not see is a sentence in the frame of the panel, and every change is refused.
    async fn is_kept_out(&mut self, panel: &Panel, role: Role) -> usize {
        let mut kept = 0;
        for (method, path, needs) in tolmach_admin::routes() {
            if needs.is_none_or(|what| role.may(what)) {
                continue;
            }
            kept += 1;
            let address = filled(&path);
            if method == Method::GET {
                self.visit(&format!("http://{}{address}", panel.address)).await;
                let said = self.text("#main").await;
                let yours = format!("Your role is {}", role.name());
                assert!(said.contains("This page is for owners") && said.contains(&yours), "{path}: {said}");
                assert!(!self.sections().await.is_empty(), "{path}: there is a way on");
                continue;
            }
            self.run(&format!(
                "window.told = null; fetch('{address}', {{ method: 'POST', headers: {{ 'x-csrf': \
                 document.querySelector('meta[name=csrf]').content, 'content-type': 'application/x-www-form-urlencoded' }}, \
                 body: 'text=x' }}).then(async (answer) => {{ window.told = `${{answer.status}} ${{(await answer.json()).error}}`; }})"
            ))
            .await;
            self.until("window.told !== null").await;
            let told = self.run("window.told").await;
            assert_eq!(told, "403 Another role is needed here", "{path}");
        }
        kept
    }
}

/// A client who waits for a person, and one who has left a lead.
async fn clients(panel: &Panel) -> (Page, Page) {
    let mut waits = Page::new(&panel.server, "ru").await;
    waits.ask("m1", "нужен перфоратор до 20000").await;
    waits.ask("m2", "позовите менеджера").await;
    let mut lead = Page::new(&panel.server, "ru").await;
    lead.ask("l1", "позовите менеджера").await;
    lead.ask("l2", "Анна, 8 916 555 01 42").await;
    (waits, lead)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_reads_and_is_told_where_others_go() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let _clients = clients(&panel).await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Anton").await;
    let sections = browser.sections().await;
    assert_eq!(sections, ["Overview", "Inbox", "Catalogue", "Texts", "Flows", "Experiments"]);
    let opened = browser.walk(&panel, Role::Analyst).await;
    for page in
        ["/admin/", "/admin/inbox", "/admin/inbox/{chat}", "/admin/catalogue/search", "/admin/account"]
    {
        assert!(opened.contains(page), "{page}: {opened:?}");
    }

    // The analyst reads a chat and why the bot said what it said, and is told who may answer.
    browser.visit(&format!("http://{}/admin/inbox?queue=all", panel.address)).await;
    browser.until("document.querySelectorAll('[data-row]').length === 2").await;
    browser.run("document.querySelector('[data-row]').click()").await;
    browser.until("document.querySelector('#lines .says') !== null").await;
    let composer = browser.text("#composer").await;
    assert!(composer.contains("Replies are for managers. Your role is analyst."), "{composer}");
    assert_eq!(browser.run("document.querySelector('#composer button, #note, #would')").await, json!(null));
    let about = browser.text("#about").await;
    assert!(
        about.contains("Contacts are seen by those who answer") && about.contains("No notes yet"),
        "{about}"
    );
    browser.run("document.querySelector('.trace summary').click()").await;
    browser.until("document.querySelector('.trace[open] .steps .node') !== null").await;
    assert_eq!(
        browser
            .run(
                "document.querySelector('.trace[open] form[action$=wrong], .trace[open] form[action$=test]')"
            )
            .await,
        json!(null)
    );
    // The keys of managers do nothing.
    browser.run("document.activeElement.blur()").await;
    browser.key("KeyT", "t", 0).await;
    browser.is_accessible("a chat for an analyst").await;
    browser.photograph("roles-analyst-chat").await;
    assert!(browser.text("#composer").await.contains("Replies are for managers"));

    assert!(browser.is_kept_out(&panel, Role::Analyst).await > 10);
    for (width, height) in [(1440, 1000), (390, 844)] {
        browser.screen(width, height).await;
        browser.visit(&format!("http://{}/admin/leads", panel.address)).await;
        browser.is_accessible("leads for an analyst").await;
        browser.is_as_wide_as_the_screen("leads for an analyst").await;
        browser.photograph(&format!("roles-analyst-leads-{width}")).await;
    }
    let ours: Vec<&String> = browser.complaints.iter().filter(|text| !text.contains("403")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_does_what_managers_do() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let (mut client, _lead) = clients(&panel).await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Adam").await;
    let sections = browser.sections().await;
    assert_eq!(sections[..4], ["Overview", "Inbox", "Leads", "Catalogue"], "{sections:?}");
    let opened = browser.walk(&panel, Role::Administrator).await;
    for page in ["/admin/leads", "/admin/leads/{id}", "/admin/inbox/{chat}", "/admin/catalogue/golden"] {
        assert!(opened.contains(page), "{page}: {opened:?}");
    }
    assert_eq!(browser.is_kept_out(&panel, Role::Administrator).await, kept_from(Role::Administrator));

    browser.visit(&format!("http://{}/admin/inbox?queue=all", panel.address)).await;
    browser.until("document.querySelectorAll('[data-row]').length === 2").await;
    browser.run("[...document.querySelectorAll('[data-row]')].at(-1).click()").await;
    browser.until("document.querySelector('#composer [data-key=KeyT]') !== null").await;
    browser.run("document.querySelector('#composer [data-key=KeyT]').click()").await;
    browser.until("document.querySelector('#reply') !== null").await;
    browser.fill_in("#reply", "Здравствуйте, это Адам").await;
    browser.key("Enter", "Enter", 2).await;
    let said = client.reply().await;
    assert_eq!(
        (said["text"].as_str(), said["who"].as_str()),
        (Some("Здравствуйте, это Адам"), Some("staff"))
    );
    browser.visit(&format!("http://{}/admin/catalogue", panel.address)).await;
    assert_eq!(browser.run("document.querySelector('#upload-files') !== null").await, true);
    browser.photograph("roles-administrator-catalogue").await;
    let ours: Vec<&String> = browser.complaints.iter().filter(|text| !text.contains("403")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

/// How many routes a role may not use.
fn kept_from(role: Role) -> usize {
    tolmach_admin::routes().iter().filter(|(_, _, needs)| needs.is_some_and(|what| !role.may(what))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_and_owners_find_nothing_that_they_may_not_do() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let _clients = clients(&panel).await;
    browser.screen(1440, 1000).await;
    for (name, role) in [("Mila", Role::Manager), ("Olga", Role::Owner)] {
        browser.call("Network.clearBrowserCookies", json!({})).await;
        browser.enter(&panel, name).await;
        let opened = browser.walk(&panel, role).await;
        assert!(opened.contains("/admin/leads/{id}"), "{name}: {opened:?}");
        assert_eq!(browser.is_kept_out(&panel, role).await, kept_from(role), "{name}");
    }
}
