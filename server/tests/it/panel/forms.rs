//! The company's particulars and quick answers as forms: what a manager changes, what is refused at its field, two who change the same,
//! and what clients are told afterwards.

use super::{
    Client, Panel,
    flows::{begin, shop},
};
use crate::{browser::Browser, page::Page, support::Home};

const COMPANY: &str = "/admin/texts/company";
const ANSWERS: &str = "/admin/texts/answers";
const PARTICULARS: &str = "\
# As on the sign
name: { ru: Насос, en: Pump }  # short
phone: \"+7 495 000-00-00\"  # by day
minimum: 4500 RUB
timezone: Europe/Moscow
";
const QUICK: &str = "\
# Where we are
- questions: [есть ли парковка, is there parking]
  answer: { ru: 'Да, бесплатная.', en: 'Yes, free of charge.' }
";
const FLOW: &str = "\
flow: shop
start: quick
on:
  command: { start: hello }
nodes:
  hello:
    say: { text: { ru: Здравствуйте!, en: Hello! } }
  quick:
    faq: { from: general, min_confidence: 0.6 }
    next: { hit: hello, miss: call }
  call:
    say: { text: \"{{company.phone}}, {{company.minimum}}\" }
";

async fn with_answers() -> Panel {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home.write("flows/company.yaml", PARTICULARS);
    home.write("flows/faq/general.yaml", QUICK);
    Panel::in_home(home, &[]).await
}

/// What tells that a value is the one that was seen.
fn seen(page: &str, name: &str) -> String {
    super::client::field(page, name).unwrap_or_else(|| panic!("no {name} in {page}"))
}

/// The file of a draft as its editor has it.
async fn file(client: &mut Client, file: &str) -> String {
    let texts = client.get("/admin/texts").await.body;
    let address = texts.split("href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
    let draft = address.into_iter().find(|href| href.ends_with("/publish")).expect("a draft");
    let draft = draft.trim_end_matches("/publish");
    let state = client.get(&format!("{draft}/state?file={file}&revision=0")).await;
    let state: serde_json::Value = serde_json::from_str(&state.body).expect("JSON");
    state["text"].as_str().expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn particulars_are_changed_where_they_stand_and_refused_at_their_field() {
    let panel = with_answers().await;
    let mut mila = panel.logged_in("Mila").await;
    let page = mila.get(COMPANY).await;
    assert!(page.status == 200 && page.body.contains("+7 495 000-00-00"), "{}", page.body);
    let marks: Vec<(String, String)> = ["name", "phone", "minimum", "timezone"]
        .map(|key| (format!("seen.{key}"), seen(&page.body, &format!("seen.{key}"))))
        .into();
    let form = |changes: &[(&str, &str)]| -> Vec<(String, String)> {
        let mut fields = marks.clone();
        for (name, value) in [
            ("act", "save"),
            ("v.name.ru", "Насос"),
            ("v.name.en", "Pump"),
            ("v.phone", "+7 495 000-00-00"),
            ("v.minimum", "4500 RUB"),
            ("v.timezone", "Europe/Moscow"),
        ] {
            let changed = changes.iter().find(|(changed, _)| *changed == name);
            fields.push((name.to_owned(), changed.map_or(value, |(_, value)| value).to_owned()));
        }
        fields
    };
    async fn send(client: &mut Client, fields: Vec<(String, String)>) -> super::client::Reply {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        client.post(COMPANY, &fields).await
    }

    // What is refused begins no draft.
    for (changes, why) in [
        ([("v.minimum", "a lot")], "a lot is not such a value"),
        ([("v.phone", "  ")], "Write something here"),
        ([("v.timezone", "Moscow/Europe")], "there is no time zone &#x60;Moscow/Europe&#x60;"),
    ] {
        mila.get(COMPANY).await;
        let refused = send(&mut mila, form(&changes)).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {}", refused.body);
        assert!(refused.body.contains(&changes[0].1.trim().replace('=', "&#x3D;")), "what was written stays");
    }
    assert!(!mila.get("/admin/texts").await.body.contains("Your draft"), "no draft");

    mila.get(COMPANY).await;
    let saved = send(&mut mila, form(&[("v.phone", "+7 495 111-11-11"), ("v.name.en", "Pump, Ltd")])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let expected = PARTICULARS.replace("000-00-00", "111-11-11").replace("en: Pump", "en: \"Pump, Ltd\"");
    assert_eq!(file(&mut mila, "company.yaml").await, expected);

    // A second page that was opened before does not write over it, and says what stands there.
    mila.get(COMPANY).await;
    let stale = send(&mut mila, form(&[("v.phone", "+7 495 222-22-22"), ("v.minimum", "6000 RUB")])).await;
    assert!(stale.status == 422 && stale.body.contains("Somebody else changed this"), "{}", stale.body);
    assert!(
        stale.body.contains("+7 495 111-11-11") && stale.body.contains("+7 495 222-22-22"),
        "{}",
        stale.body
    );
    assert_eq!(file(&mut mila, "company.yaml").await, expected, "all or nothing");
    // Where nobody else changed anything, it is taken.
    mila.get(COMPANY).await;
    let (phone, name) = (("v.phone", "+7 495 111-11-11"), ("v.name.en", "Pump, Ltd"));
    assert_eq!(send(&mut mila, form(&[phone, name, ("v.minimum", "6000 RUB")])).await.status, 303);

    // A new one, one too many, and one that goes.
    for (key, kind, value, status) in [
        ("fee", "money", "300 RUB", 303),
        ("fee", "money", "300 RUB", 422),
        ("days", "number", "many", 422),
        ("ru days", "text", "many", 422),
    ] {
        mila.get(COMPANY).await;
        let fields = [("act", "add"), ("key", key), ("kind", kind), ("new", value), ("new.en", "")];
        let added = mila.post(COMPANY, &fields).await;
        assert_eq!(added.status, status, "{key}: {}", added.body);
    }
    let page = mila.get(COMPANY).await;
    let fields = [("act", "remove:fee"), ("seen.fee", &seen(&page.body, "seen.fee")), ("v.fee", "300 RUB")];
    assert_eq!(mila.post(COMPANY, &fields).await.status, 303);
    let expected = expected.replace("4500 RUB", "6000 RUB");
    assert_eq!(file(&mut mila, "company.yaml").await, expected);

    // Others see it, and may not change it.
    let mut olga = panel.logged_in("Olga").await;
    assert!(olga.get(COMPANY).await.body.contains("+7 495 000-00-00"), "the released text");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quick_answers_are_changed_one_by_one_and_clients_get_them() {
    let panel = with_answers().await;
    let mut running = Page::new(&panel.server, "en").await;
    let mut mila = panel.logged_in("Mila").await;
    let page = mila.get(ANSWERS).await;
    assert!(page.status == 200 && page.body.contains("Yes, free of charge."), "{}", page.body);
    let mark = seen(&page.body, "seen");
    let of = |act: &'static str, at: &'static str, questions: &'static str, en: &'static str| {
        vec![
            ("file", "faq/general.yaml"),
            ("act", act),
            ("at", at),
            ("questions", questions),
            ("ru", "Да, за складом."),
            ("en", en),
        ]
    };
    let mut fields = of("save", "0", "есть ли парковка\r\nis there parking", "Yes, behind the warehouse.");
    fields.push(("seen", &mark));
    assert_eq!(mila.post(ANSWERS, &fields).await.status, 303);
    // Sent twice, or by somebody who saw the old one: refused, and what was written stands in the form of a new one.
    mila.get(ANSWERS).await;
    fields[5] = ("en", "Yes, in the yard.");
    let refused = mila.post(ANSWERS, &fields).await;
    assert!(
        refused.status == 422 && refused.body.contains("Somebody else changed or removed"),
        "{}",
        refused.body
    );
    assert!(
        refused.body.contains("Yes, in the yard.") && refused.body.contains("Yes, behind the warehouse.")
    );
    mila.get(ANSWERS).await;
    let empty = mila.post(ANSWERS, &of("add", "", " \r\n", "Nine to six.")).await;
    assert!(empty.status == 422 && empty.body.contains("Nine to six."), "{}", empty.body);
    mila.get(ANSWERS).await;
    let added =
        mila.post(ANSWERS, &of("add", "", "до скольки работаете\nhow late are you open", "Until six.")).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let text = file(&mut mila, "faq/general.yaml").await;
    assert!(
        text.starts_with("# Where we are\n- questions: [есть ли парковка, is there parking]\n"),
        "{text}"
    );
    assert!(text.contains("en: Until six.") && !text.contains("free of charge"), "{text}");
    let found = mila.get(&format!("{ANSWERS}?q=PARKING")).await.body;
    assert!(found.contains("1 of 2") && !found.contains("Until six."), "{found}");
    assert_eq!(mila.get(&format!("{ANSWERS}?file=faq/none.yaml")).await.status, 404);
    assert_eq!(mila.get(&format!("{ANSWERS}?file=shop.yaml")).await.status, 404);

    let draft = mila.get("/admin/texts").await.body;
    let draft = draft.split("href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
    let publish = draft.into_iter().find(|href| href.ends_with("/publish")).expect("a draft").to_owned();
    mila.get(&publish).await;
    let done = mila.post(&publish, &[]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let told = running.ask("r1", "how late are you open?").await;
    assert!(told.to_string().contains("Until six."), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_no_form_can_read_is_said_to_be_one() {
    let panel = shop().await;
    let mut anton = panel.logged_in("Anton").await;
    assert!(anton.get(ANSWERS).await.body.contains("There are no quick answers yet"));
    let draft = begin(&mut anton, "Broken").await;
    for (file, text) in [("company.yaml", "name: [\n"), ("faq/general.yaml", "a: 1\n")] {
        anton.get(&draft).await;
        let body = serde_json::json!({ "file": file, "base": 0, "text": text, "line": 1 });
        assert_eq!(anton.json(&format!("{draft}/save"), &body).await.0, 200);
    }
    let page = anton.get(COMPANY).await;
    assert!(page.status == 200 && page.body.contains("cannot be read, line 1"), "{}", page.body);
    let page = anton.get(ANSWERS).await;
    assert!(page.status == 200 && page.body.contains("cannot change. Change it as a text"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_changes_a_telephone_and_an_answer_in_a_browser() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = with_answers().await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/texts", panel.address)).await;
    browser.run(&format!("document.querySelector('a[href=\"{COMPANY}\"]').click()")).await;
    browser.until(&format!("location.pathname === '{COMPANY}' && document.readyState === 'complete'")).await;
    // Enter saves, and removes nothing.
    browser.fill_in("#v-phone", "+7 495 333-33-33").await;
    browser.run("document.querySelector('#v-phone').focus()").await;
    browser.press("Enter").await;
    browser.until("location.search.includes('saved=1') && document.readyState === 'complete'").await;
    assert_eq!(browser.run("document.querySelector('#v-phone').value").await, "+7 495 333-33-33");
    assert_eq!(browser.run("document.querySelectorAll('.particular').length").await, 4);
    browser.fill_in("#v-minimum", "much").await;
    browser.run("document.querySelector('.publish button').click()").await;
    browser.until("document.querySelector('.error') !== null && document.readyState === 'complete'").await;
    accessible(&mut browser, "the company, refused").await;
    browser.visit(&format!("http://{}{ANSWERS}", panel.address)).await;
    browser.run("document.querySelector('.answer').open = true").await;
    accessible(&mut browser, "quick answers").await;
    browser.fill_in("#a0-en", "Yes, behind the gate.").await;
    browser.run("document.querySelector('.answer button[value=save]').click()").await;
    browser.until("location.search.includes('saved=1') && document.readyState === 'complete'").await;
    assert!(browser.text("#main").await.contains("Saved in your draft"));
    browser.is_content("the manager's way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_changes_a_prompt_and_sees_it_on_a_real_chat() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "en").await;
    client.ask("m1", "how can I pay?").await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/texts", panel.address)).await;
    let about = "document.querySelector('form:has([value=\"prompts/about.en.md\"])').requestSubmit()";
    browser.run(about).await;
    browser.until("location.search.includes('about.en.md') && document.readyState === 'complete'").await;
    let draft = browser.run("location.pathname").await.as_str().expect("an address").to_owned();
    browser.run("document.querySelector('a[href*=\"/previews?\"]').click()").await;
    browser.until("location.pathname.endsWith('/previews') && document.readyState === 'complete'").await;
    assert!(browser.text("#main").await.contains("how can I pay?"));
    accessible(&mut browser, "a prompt's turns").await;
    browser.run("document.querySelector('.plain-rows a').click()").await;
    browser.until("location.pathname.endsWith('/turn') && document.readyState === 'complete'").await;
    let shown = browser.text("#main").await;
    assert!(shown.contains("The whole prompt") && shown.contains("the same"), "{shown}");
    accessible(&mut browser, "a turn on a draft").await;
    // What else belongs to a draft: its history, a text in its passages, the release that it began with.
    for page in ["/history", "/passages?file=knowledge/services.en.md"] {
        browser.visit(&format!("http://{}{draft}{page}", panel.address)).await;
        accessible(&mut browser, page).await;
    }
    browser.visit(&format!("http://{}/admin/flows", panel.address)).await;
    browser.run("document.querySelector('a[href*=\"/flows/releases/\"]').click()").await;
    browser.until("location.pathname.includes('/releases/') && document.readyState === 'complete'").await;
    accessible(&mut browser, "a release").await;
    // A file that is no prompt has none.
    let mut mila = panel.logged_in("Mila").await;
    for file in ["company.yaml", "prompts/none.md", "prompts/../company.yaml", ""] {
        assert_eq!(mila.get(&format!("{draft}/previews?file={file}")).await.status, 404, "{file}");
    }
    browser.is_content("a prompt's way");
}

async fn accessible(browser: &mut Browser, page: &str) {
    for (width, height) in [(390, 844), (1440, 1000)] {
        browser.screen(width, height).await;
        browser.is_accessible(page).await;
        browser.is_as_wide_as_the_screen(page).await;
    }
}
