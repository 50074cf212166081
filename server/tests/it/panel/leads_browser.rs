//! Leads in a real browser: the board and the table, a status by key and by dragging, the assignee, a note, and the export.

use super::Panel;
use crate::{browser::Browser, page::Page};

/// Two leads: Anna's and Boris's.
async fn leads(panel: &Panel) -> [Page; 2] {
    let mut anna = Page::new(&panel.server, "ru").await;
    anna.ask("a1", "позовите менеджера").await;
    anna.ask("a2", "Анна, 8 916 555 01 42").await;
    let mut boris = Page::new(&panel.server, "ru").await;
    boris.ask("b1", "позовите менеджера").await;
    boris.ask("b2", "Борис, 8 916 555 01 43").await;
    [anna, boris]
}

/// The card of somebody in a lane of the board.
fn card(name: &str, status: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-status={status}] [data-lead]')].find((card) => card.innerText.includes('{name}'))"
    )
}

impl Browser {
    /// Waits until somebody's card lies in a lane.
    async fn lies_in(&mut self, name: &str, status: &str) {
        self.until(&format!("{} !== undefined", card(name, status))).await;
    }

    async fn choose(&mut self, selector: &str, value: &str) {
        self.run(&format!(
            "(() => {{ const field = document.querySelector('{selector}'); field.value = '{value}'; \
             field.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ))
        .await;
    }

    async fn looks_well(&mut self, what: &str) {
        for (width, height) in [(390, 844), (1440, 1000)] {
            self.screen(width, height).await;
            self.is_as_wide_as_the_screen(&format!("{what} {width}")).await;
            self.is_accessible(&format!("{what} {width}")).await;
            self.photograph(&format!("leads-{what}-{width}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_takes_a_lead_to_its_end_on_the_board_and_exports_the_table() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let _clients = leads(&panel).await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/leads", panel.address)).await;
    browser.lies_in("Анна", "new").await;
    browser.lies_in("Борис", "new").await;
    browser.looks_well("board").await;

    // S on a card opens the lead with the status in focus; the card goes to its lane.
    browser.run(&format!("{}.querySelector('[data-row]').focus()", card("Анна", "new"))).await;
    browser.key("KeyS", "s", 0).await;
    browser.until("document.activeElement?.id === 'status'").await;
    let lead = browser.text("#lead").await;
    assert!(lead.contains("555-01-42") || lead.contains("5550142") || lead.contains("555 01 42"), "{lead}");
    assert!(lead.contains("Анна, 8 916 555 01 42"), "each field has the message it is from: {lead}");
    browser.choose("#status", "taken").await;
    browser.lies_in("Анна", "taken").await;
    browser.until("document.querySelector('#lead .history').innerText.includes('in progress')").await;

    let mila = "[...document.querySelectorAll('#assignee option')].find((one) => one.innerText.trim() === 'Mila').value";
    let mila = browser.run(mila).await.as_str().expect("Mila").to_owned();
    browser.choose("#assignee", &mila).await;
    browser.until("document.querySelector('#lead .history').innerText.includes('assigned Mila')").await;
    browser.fill_in("#lead-note", "Ждёт <i>счёт</i>").await;
    browser.run("document.querySelector('#lead-note').form.requestSubmit()").await;
    browser.until("document.querySelector('#lead .history').innerText.includes('Ждёт <i>счёт</i>')").await;
    assert_eq!(browser.run("document.querySelector('#lead-note').value").await, "", "the note is sent");
    browser.looks_well("lead").await;
    browser.run("document.activeElement.blur()").await;
    browser.key("Escape", "Escape", 0).await;
    browser.until("document.querySelector('#lead') === null && location.pathname === '/admin/leads'").await;

    // A card is dragged into a lane.
    browser
        .run(&format!(
            "(() => {{ const data = new DataTransfer(); const go = (target, name) => target.dispatchEvent(new DragEvent(name, \
             {{ bubbles: true, cancelable: true, dataTransfer: data }})); const card = {}; \
             const lane = document.querySelector('[data-status=won]'); go(card, 'dragstart'); go(lane, 'dragover'); \
             go(lane, 'drop'); go(card, 'dragend'); }})()",
            card("Борис", "new")
        ))
        .await;
    browser.until("document.querySelector('[data-status=won] .count').innerText === '1'").await;
    browser.lies_in("Борис", "won").await;

    // The table, filtered by a word, then by the one who has the lead.
    browser.run("document.querySelectorAll('.switch a')[1].click()").await;
    browser.until("document.querySelectorAll('tr[data-lead]').length === 2").await;
    browser.looks_well("table").await;
    browser.fill_in("#lead-q", "Анна").await;
    browser.run("document.querySelector('#lead-q').form.requestSubmit()").await;
    browser
        .until("location.search.includes('q=') && document.querySelectorAll('tr[data-lead]').length === 1")
        .await;
    let row = browser.text("tr[data-lead]").await;
    assert!(row.contains("Анна") && row.contains("in progress") && row.contains("Mila"), "{row}");

    // The file holds what the table shows, no more.
    let export = "document.querySelector('a[download]').href";
    browser.run(&format!("window.file = null; fetch({export}).then(async (answer) => {{ window.file = await answer.text(); }})")).await;
    browser.until("typeof window.file === 'string'").await;
    let file = browser.run("window.file").await;
    let file = file.as_str().expect("a text");
    assert!(file.contains("Анна") && !file.contains("Борис"), "{file}");
    browser.visit(&format!("http://{}/admin/leads?view=table&q=zzz", panel.address)).await;
    assert!(browser.text("#body").await.contains("Nothing matches"));
    browser.looks_well("none").await;
    browser.is_content("the whole way");

    let audit = panel.home.tolmach(&["audit", "list", "--json"]).run().ok().stdout;
    assert!(audit.contains("lead.status") || audit.contains("lead."), "{audit}");
}
