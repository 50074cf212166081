//! The editor of flows and texts in real browsers: what one types is checked, completed and saved by itself, what two people type comes
//! together, and nothing is lost when the network or the page goes away.

use serde_json::json;

use super::Panel;
use crate::{browser::Browser, support::Home};

/// In an expression after `editor`: the text as it is in the page.
const TEXT: &str = "window.editors[0].text()";
/// In the editor's shadow root.
pub(super) const ROOT: &str = "document.querySelector('.editor-view').shadowRoot";

/// A flow that two people can change in different lines.
const FLOW: &str = "\
flow: shop
start: hello
nodes:
  hello:
    say: { text: { ru: Здравствуйте, en: Hello } }
    next: offer
  offer:
    say: { text: { ru: Смотрите, en: Look } }
on: { command: { offer: offer } }
";

const TESTS: &str = "\
- name: a greeting
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [hello, offer] } }]
";

/// What would end or change the field of a page that is careless.
const PROMPT: &str =
    "\n# Offer\n\nSay &amp; do \"it\" in <b>two</b> lines</textarea><script>: {{message.text}}\n";

impl Browser {
    /// Presses a key as a keyboard does: `ctrl+KeyS`, `F8`, `shift+Tab`.
    pub(super) async fn press(&mut self, name: &str) {
        let (held, code) = name.rsplit_once('+').unwrap_or(("", name));
        let modifiers: u32 = held
            .split('+')
            .map(|one| match one {
                "alt" => 1,
                "ctrl" => 2,
                "shift" => 8,
                _ => 0,
            })
            .sum();
        let letter = code.strip_prefix("Key");
        let letter =
            letter.map(|letter| if modifiers & 8 == 0 { letter.to_lowercase() } else { letter.to_owned() });
        let key = letter.clone().unwrap_or_else(|| match code {
            "Space" => " ".to_owned(),
            "Period" => ".".to_owned(),
            other => other.to_owned(),
        });
        let number = match code {
            "Backspace" => 8,
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "Space" => 32,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "F8" => 119,
            "Period" => 190,
            other => other.bytes().last().map_or(0, u32::from),
        };
        let mut down = json!({ "type": "rawKeyDown", "code": code, "key": key, "modifiers": modifiers, "windowsVirtualKeyCode": number });
        let text = match code {
            "Enter" => Some("\r".to_owned()),
            _ => letter,
        };
        if let Some(text) = text.filter(|_| modifiers & 3 == 0) {
            down["type"] = json!("keyDown");
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down.clone()).await;
        down["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", down).await;
    }

    pub(super) async fn type_in(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Opens a file of a draft and waits for its editor.
    pub(super) async fn edit(&mut self, panel: &Panel, draft: &str, file: &str) {
        self.visit(&format!("http://{}{draft}?file={file}", panel.address)).await;
        self.until("window.editors?.length === 1").await;
    }

    /// Puts the cursor at the end of the first line with these words.
    pub(super) async fn at_line_of(&mut self, words: &str) {
        let words = json!(words);
        self.run(&format!(
            "{{ const lines = {TEXT}.split('\\n'); const at = lines.findIndex((line) => line.includes({words})); \
             window.editors[0].go(at + 1, lines[at].length + 1); }}"
        ))
        .await;
    }

    pub(super) async fn has_text(&mut self, words: &str) {
        let words = json!(words);
        self.until(&format!("{TEXT}.includes({words})")).await;
    }

    pub(super) async fn is_saved(&mut self) {
        self.until("document.querySelector('[data-saved]').textContent.startsWith('Saved')").await;
    }

    /// The page as it is, wide and narrow, light and dark.
    async fn editor_looks(&mut self, what: &str) {
        for scheme in ["light", "dark"] {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            self.call("Emulation.setEmulatedMedia", features).await;
            for (width, height) in [(1440, 900), (1100, 800), (390, 844)] {
                self.screen(width, height).await;
                self.is_as_wide_as_the_screen(&format!("{what} {width}")).await;
                self.is_accessible(&format!("{what} {width} {scheme}")).await;
                self.photograph(&format!("editor-{what}-{width}-{scheme}")).await;
            }
        }
        self.screen(1440, 900).await;
    }
}

pub(super) async fn shop() -> Panel {
    Panel::in_home(home(), &[]).await
}

pub(super) fn home() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home.write("flows/prompts/offer.en.md", PROMPT);
    home.write("flows/tests/shop.test.yaml", TESTS);
    home
}

/// The address of a new draft.
pub(super) async fn draft(panel: &Panel, name: &str) -> String {
    let mut http = panel.logged_in(name).await;
    http.get("/admin/flows").await;
    let begun = http.post("/admin/flows", &[("title", "Rental")]).await;
    let address = begun.location.unwrap_or_else(|| panic!("no draft: {}", begun.body));
    address.split('?').next().unwrap_or_default().to_owned()
}

/// What the server has of a file.
async fn stored(panel: &Panel, draft: &str, file: &str) -> String {
    let mut http = panel.logged_in("Olga").await;
    let reply = http.get(&format!("{draft}/state?file={file}&revision=-1")).await;
    let state: serde_json::Value = serde_json::from_str(&reply.body).expect("JSON");
    state["text"].as_str().expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_is_checked_completed_fixed_and_saved_by_keys_alone() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = shop().await;
    let draft = draft(&panel, "Anton").await;
    browser.screen(1440, 900).await;
    browser.enter(&panel, "Anton").await;
    browser.edit(&panel, &draft, "shop.yaml").await;
    browser.until(&format!("{ROOT}.querySelectorAll('.t-key').length > 5")).await;
    assert_eq!(browser.run(TEXT).await, FLOW);

    // A mistake is told in words, under the line and in the list; one key goes there, one mends it.
    browser.at_line_of("next: offer").await;
    browser.type_in("r").await;
    browser.until(&format!("{ROOT}.querySelector('.lens') !== null")).await;
    let said = browser.run(&format!("{ROOT}.querySelector('.lens').innerText")).await;
    assert!(said.as_str().is_some_and(|said| said.contains("offerr")), "{said}");
    assert!(browser.text("[data-problems]").await.contains("offerr"));
    browser.until("/^1.error$/.test(document.querySelector('[data-problems-total]').textContent)").await;
    browser.until("document.querySelector('[data-file-count=\"shop.yaml\"]').hidden === false").await;
    browser.editor_looks("mistake").await;
    browser.at_line_of("flow: shop").await;
    browser.press("F8").await;
    browser.until("document.querySelector('[data-where]').textContent.startsWith('Line 6,')").await;
    assert!(browser.text("#announce").await.contains("offerr"));
    browser.press("ctrl+Period").await;
    browser.until(&format!("{ROOT}.querySelector('.lens') === null")).await;
    assert_eq!(browser.run(TEXT).await, FLOW);

    // Completion opens as one types; a name of the bundle is chosen by keys.
    browser.at_line_of("en: Look").await;
    browser.press("Enter").await;
    browser.type_in("next: ").await;
    browser.press("KeyH").await;
    browser
        .until(&format!(
            "[...{ROOT}.querySelectorAll('.complete .label')].some((one) => one.textContent === 'hello')"
        ))
        .await;
    browser.is_accessible("completion").await;
    browser.photograph("editor-completion").await;
    browser.press("Enter").await;
    browser.has_text("    next: hello\n").await;
    browser.press("ctrl+Space").await;
    browser.press("Escape").await;

    // What a word means.
    browser.at_line_of("next: offer").await;
    browser.press("Home").await;
    browser.press("ctrl+KeyI").await;
    browser.until(&format!("{ROOT}.querySelector('.about') !== null")).await;
    browser.photograph("editor-hover").await;

    // A node is gone to by its name.
    browser.press("ctrl+shift+KeyO").await;
    browser.until("document.querySelectorAll('dialog.palette[open] li').length === 2").await;
    browser.is_accessible("nodes").await;
    browser.photograph("editor-nodes").await;
    browser.type_in("off").await;
    browser.press("Enter").await;
    browser.until("document.querySelector('[data-where]').textContent === 'Line 7, column 1'").await;

    // It is saved by itself, and shown beside what is published.
    browser.is_saved().await;
    assert!(stored(&panel, &draft, "shop.yaml").await.contains("    next: hello\n"));
    browser.until(&format!("{ROOT}.querySelector('.cm-since .added') !== null")).await;
    browser
        .until("document.querySelector('[data-changed-total]').textContent === '1\u{a0}file changed'")
        .await;
    browser.until("document.querySelector('#changes-lines').textContent === '+1 −0'").await;

    // The tests run by a key; Escape, then Tab leaves the text, so that everything else is reached by keys as well.
    browser.press("ctrl+Enter").await;
    browser.until("document.querySelector('#tests-result .tests-sum, #tests-result .finds, #tests-result b') !== null").await;
    browser.press("Escape").await;
    browser.press("Escape").await;
    browser.press("Tab").await;
    browser
        .until(&format!("document.activeElement !== {ROOT}.host && document.activeElement !== document.body"))
        .await;
    browser.edit(&panel, &draft, "prompts/offer.en.md").await;
    assert_eq!(browser.run(TEXT).await, PROMPT);
    browser.is_content("typing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_people_type_comes_together_and_only_the_same_line_is_for_them_to_merge() {
    let (Some(mut anton), Some(mut olga)) = (Browser::start().await, Browser::start().await) else { return };
    let panel = shop().await;
    let draft = draft(&panel, "Anton").await;
    for (browser, name) in [(&mut anton, "Anton"), (&mut olga, "Olga")] {
        browser.screen(1440, 900).await;
        browser.enter(&panel, name).await;
        browser.edit(&panel, &draft, "shop.yaml").await;
    }

    // Each in a line of their own, at once: both see both, and where the other is.
    anton.at_line_of("start: hello").await;
    olga.at_line_of("command:").await;
    anton.type_in(" # Anton").await;
    olga.type_in(" # Olga").await;
    for browser in [&mut anton, &mut olga] {
        browser.has_text("start: hello # Anton\n").await;
        browser.has_text("} } # Olga\n").await;
        browser.is_saved().await;
        browser.until(&format!("{ROOT}.querySelector('.person') !== null")).await;
    }
    assert_eq!(anton.run(&format!("{ROOT}.querySelector('.person').textContent")).await, "Olga is here");
    assert!(olga.text("[data-people]").await.contains("Anton"));
    anton.editor_looks("people").await;

    // Undoing takes back what one did, not what the other did.
    olga.at_line_of("# Olga").await;
    olga.press("ctrl+KeyZ").await;
    olga.until(&format!("!{TEXT}.includes('# Olga') && {TEXT}.includes('# Anton')")).await;
    anton.until(&format!("!{TEXT}.includes('# Olga')")).await;

    // The same line: the second to save sees both versions and merges them by hand.
    olga.is_saved().await;
    anton.call("Network.enable", json!({})).await;
    let blocked = json!({ "urls": ["*/state?*"] });
    anton.call("Network.setBlockedURLs", blocked).await;
    olga.at_line_of("start: hello").await;
    olga.type_in(" and Olga").await;
    olga.press("ctrl+KeyS").await;
    olga.is_saved().await;
    olga.until("document.querySelector('[data-saved]').textContent.startsWith('Saved just now')").await;
    anton.at_line_of("start: hello").await;
    anton.type_in(", mine").await;
    anton.press("ctrl+KeyS").await;
    anton.until("document.querySelector('.conflict') !== null").await;
    anton.call("Network.setBlockedURLs", json!({ "urls": [] })).await;
    let shown = anton.text(".conflict").await;
    assert!(shown.contains("Two people changed the same text") && shown.contains("Saved by Olga"), "{shown}");
    assert!(shown.contains("# Anton and Olga") && shown.contains("# Anton, mine"), "{shown}");
    assert!(stored(&panel, &draft, "shop.yaml").await.contains("# Anton and Olga\n"), "theirs is as it was");
    anton.editor_looks("conflict").await;

    // It survives that the page is left.
    anton.edit(&panel, &draft, "shop.yaml").await;
    anton.until("document.querySelector('.conflict') !== null").await;
    // Not before every place is settled.
    anton.run("document.querySelector('.conflict .primary').click()").await;
    anton
        .until("document.querySelector('.conflict .error').innerText.includes('1\u{a0}place to merge')")
        .await;
    let merged = "document.querySelector('.conflict .editor-view').shadowRoot";
    anton.run(&format!("{merged}.querySelectorAll('.choice button')[2].click()")).await;
    anton
        .until("document.querySelector('.conflict .primary').getAttribute('aria-disabled') === 'false'")
        .await;
    anton.press("ctrl+KeyS").await;
    anton.until("document.querySelector('.conflict') === null").await;
    let both = "start: hello # Anton, mine\nstart: hello # Anton and Olga\n";
    assert!(stored(&panel, &draft, "shop.yaml").await.contains(both));
    for browser in [&mut anton, &mut olga] {
        browser.has_text(both).await;
        browser.is_content("two editors");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_said_and_what_was_typed_is_saved_when_it_is_back_also_after_a_return() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = shop().await;
    let draft = draft(&panel, "Anton").await;
    browser.screen(1440, 900).await;
    browser.enter(&panel, "Anton").await;
    browser.edit(&panel, &draft, "shop.yaml").await;
    let Panel { server, home, address } = panel;
    server.kill();
    browser.at_line_of("start: hello").await;
    browser.type_in(" # kept").await;
    let saved = "document.querySelector('[data-saved]').textContent";
    browser.until(&format!("{saved}.startsWith('No connection: what you type is kept here')")).await;
    browser.photograph("editor-offline").await;
    let again = |home: &Home| home.tolmach(&["run", "--listen", &address]).serve();
    let server = again(&home);
    browser.is_saved().await;
    let panel = Panel { server, home, address: address.clone() };
    assert!(stored(&panel, &draft, "shop.yaml").await.contains("start: hello # kept\n"));

    // The page is left while the server is away; somebody else changes another line meanwhile.
    let Panel { server, home, .. } = panel;
    server.kill();
    browser.type_in(" twice").await;
    browser.until(&format!("{saved}.startsWith('No connection')")).await;
    browser.call("Page.navigate", json!({ "url": "about:blank" })).await;
    let panel = Panel { server: again(&home), home, address };
    let mut other = panel.logged_in("Olga").await;
    other.get(&format!("{draft}?file=shop.yaml")).await;
    let theirs = stored(&panel, &draft, "shop.yaml").await.replace("en: Look", "en: Look here");
    let fields = [("file", "shop.yaml"), ("base", "1"), ("text", theirs.as_str())];
    let reply = other.post(&format!("{draft}/save"), &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    browser.edit(&panel, &draft, "shop.yaml").await;
    browser.has_text("start: hello # kept twice\n").await;
    browser.has_text("en: Look here").await;
    browser.is_saved().await;
    let stored = stored(&panel, &draft, "shop.yaml").await;
    assert!(stored.contains("start: hello # kept twice\n") && stored.contains("en: Look here"), "{stored}");
    assert_eq!(
        browser.run("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length").await,
        0
    );
    browser.is_content("a lost connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_ended_is_said_and_the_text_is_saved_by_the_next_one() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = shop().await;
    let draft = draft(&panel, "Anton").await;
    browser.screen(1440, 900).await;
    browser.enter(&panel, "Anton").await;
    browser.edit(&panel, &draft, "shop.yaml").await;
    browser.call("Network.clearBrowserCookies", json!({})).await;
    browser.at_line_of("start: hello").await;
    browser.type_in(" # kept").await;
    browser.until("document.querySelector('[data-saved] a[href^=\"/admin/login?next=\"]') !== null").await;
    assert!(browser.text("[data-saved]").await.starts_with("The session has ended"));
    browser.photograph("editor-login-ended").await;
    // In another window of the browser: the page that is open goes on with the new login.
    browser
        .run(&format!(
            "fetch('/admin/login').then((reply) => reply.text()).then((html) => {{ \
             const page = new DOMParser().parseFromString(html, 'text/html'); \
             const data = new URLSearchParams(new FormData(page.querySelector('form[action=\"/admin/login\"]'))); \
             data.set('name', 'Anton'); data.set('password', '{}'); \
             return fetch('/admin/login', {{ method: 'POST', body: data, redirect: 'manual' }}); \
             }}).then(() => window.dispatchEvent(new Event('focus')))",
            super::PASSWORD
        ))
        .await;
    browser.is_saved().await;
    assert!(stored(&panel, &draft, "shop.yaml").await.contains("start: hello # kept\n"));
    browser.is_content("a login that ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_undone_across_files_is_done_again_by_keys_and_by_the_button() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = shop().await;
    let draft = draft(&panel, "Anton").await;
    browser.screen(1440, 900).await;
    browser.enter(&panel, "Anton").await;
    browser.edit(&panel, &draft, "prompts/offer.en.md").await;
    browser.run("window.editors[0].go(1)").await;
    browser.type_in("Offer. ").await;
    browser.press("ctrl+KeyS").await;
    browser.until("document.querySelector('[data-saved]').textContent.startsWith('Saved just now')").await;
    browser.edit(&panel, &draft, "shop.yaml").await;
    browser.at_line_of("start: hello").await;
    browser.type_in(" # mine").await;
    browser.press("ctrl+KeyS").await;
    browser.until("document.querySelector('[data-saved]').textContent.startsWith('Saved just now')").await;

    // The text's own change first, then the one in the other file, and back again the last first.
    let both = async |flow: bool, prompt: bool| {
        let (flow_is, prompt_is) =
            (stored(&panel, &draft, "shop.yaml").await, stored(&panel, &draft, "prompts/offer.en.md").await);
        assert_eq!((flow_is.contains("# mine"), prompt_is.starts_with("Offer. ")), (flow, prompt));
    };
    browser.press("ctrl+KeyZ").await;
    browser.until(&format!("!{TEXT}.includes('# mine')")).await;
    browser.press("ctrl+KeyS").await;
    browser.is_saved().await;
    browser.press("ctrl+KeyZ").await;
    let toasts = "document.querySelector('#toasts').innerText";
    browser.until(&format!("{toasts}.includes('The last change is undone: prompts/offer.en.md')")).await;
    both(false, false).await;
    browser.press("ctrl+shift+KeyZ").await;
    browser.until(&format!("{toasts}.includes('The last change is done again: prompts/offer.en.md')")).await;
    both(false, true).await;
    browser.press("ctrl+KeyY").await;
    browser.has_text("start: hello # mine\n").await;
    browser.press("ctrl+KeyS").await;
    browser.is_saved().await;
    both(true, true).await;

    // In a page that was loaded anew the server alone knows it.
    browser.edit(&panel, &draft, "shop.yaml").await;
    browser.run("document.querySelector('button[data-undo]').click()").await;
    browser.until(&format!("!{TEXT}.includes('# mine')")).await;
    browser.run("document.querySelector('button[data-redo]').click()").await;
    browser.has_text("start: hello # mine\n").await;
    both(true, true).await;
    browser.run("document.querySelector('button[data-redo]').click()").await;
    browser.until(&format!("{toasts}.includes('There is nothing to redo')")).await;
    browser.visit(&format!("http://{}{draft}/history", panel.address)).await;
    let told = browser.text("main").await;
    assert!(told.contains("redone") && told.contains("undone"), "{told}");
    browser.is_content("redo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_small_and_who_may_not_change_a_file_reads_it() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let draft = draft(&panel, "Anton").await;
    browser.screen(1440, 900).await;
    browser.enter(&panel, "Mila").await;
    browser.edit(&panel, &draft, "consultant.yaml").await;
    let bytes = browser
        .run(
            "[performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')]\
             .filter((one) => one.initiatorType !== 'fetch').reduce((sum, one) => sum + one.decodedBodySize, 0)",
        )
        .await;
    assert!(bytes.as_u64().is_some_and(|bytes| (300_000..450_000).contains(&bytes)), "{bytes} bytes");
    // Managers read flows and change texts.
    let before = browser.run(TEXT).await;
    browser.run("window.editors[0].go(1)").await;
    browser.type_in("x").await;
    assert_eq!(browser.run(TEXT).await, before);
    browser.edit(&panel, &draft, "prompts/offer.en.md").await;
    browser.until(&format!("{ROOT}.querySelector('.cm-content') !== null")).await;
    browser.editor_looks("prompt").await;
    browser.run("window.editors[0].go(1)").await;
    browser.type_in("Mila: ").await;
    browser.is_saved().await;
    browser.until("document.querySelector('[data-saved]').textContent.startsWith('Saved just now')").await;
    assert!(stored(&panel, &draft, "prompts/offer.en.md").await.starts_with("Mila: "));
    browser.is_content("reading and writing");
}
