//! What the client sees: where an answer stands on the screen, what becomes of a long text, a draft and a press, and what the
//! page says of the server.

use sqlx::{Connection, SqliteConnection};

use super::*;

/// A phone's screen, in points.
const PHONE: (u64, u64) = (360, 740);
/// Whether the page says that somebody listens.
const ONLINE: &str = "document.getElementById('status').classList.contains('on')";

/// A phone with the page of the demo; `None` if there is no browser.
async fn phone(settings: &str) -> Option<(Browser, Home, Server)> {
    let mut browser = Browser::start().await?;
    let home = Home::ready();
    home.write("tolmach.toml", settings);
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    browser.screen(PHONE.0, PHONE.1).await;
    browser.open(&server).await;
    Some((browser, home, server))
}

impl Browser {
    pub(crate) async fn open(&mut self, server: &Server) {
        self.call("Page.navigate", json!({ "url": server.url("/") })).await;
        self.until("document.querySelectorAll('.message.bot').length > 0").await;
        self.until(ONLINE).await;
    }

    /// Reloads, and waits for the new page.
    async fn reload(&mut self) {
        self.run("window.before = true").await;
        self.call("Page.reload", json!({})).await;
        self.until("!window.before && document.querySelectorAll('.message.bot').length > 0").await;
        self.until(ONLINE).await;
    }

    async fn number(&mut self, expression: &str) -> f64 {
        let value = self.run(expression).await;
        value.as_f64().unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    /// Emulates media features of a system.
    async fn media(&mut self, features: &[(&str, &str)]) {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Puts a text into the field in one piece, as pasting does.
    async fn paste(&mut self, text: &str) {
        let text = Value::from(text);
        let field = "document.getElementById('text')";
        self.run(&format!(
            "{field}.value = {text}, {field}.dispatchEvent(new Event('input')), {field}.focus()"
        ))
        .await;
    }

    /// How far below the top of the conversation the last answer begins.
    async fn top_of_answer(&mut self) -> f64 {
        self.number(
            "[...document.querySelectorAll('.message.bot')].pop().getBoundingClientRect().top\
             - document.getElementById('scroll').getBoundingClientRect().top",
        )
        .await
    }
}

#[tokio::test]
async fn a_new_answer_is_shown_from_its_first_line() {
    let Some((mut browser, _home, _server)) = phone("").await else { return };
    browser.write("нужен перфоратор").await;
    browser.until("document.querySelectorAll('.card').length === 5").await;
    // What the client wrote stands above it.
    let top = browser.top_of_answer().await;
    assert!((0.0..100.0).contains(&top), "{top}");
    let own = browser.number("document.querySelector('.message.client').getBoundingClientRect().top").await;
    assert!(own > 0.0, "{own}");
    browser.photograph("answer-narrow").await;
    // The words, three goods and the buttons fit two screens, and so do all five goods of a page.
    let height = browser.number("[...document.querySelectorAll('.message.bot')].pop().offsetHeight").await;
    assert!(height < 2.0 * PHONE.1 as f64 - 200.0, "{height}");
    let third = browser
        .number(
            "document.querySelectorAll('.card')[2].getBoundingClientRect().bottom\
             - [...document.querySelectorAll('.message.bot')].pop().getBoundingClientRect().top",
        )
        .await;
    assert!(third < PHONE.1 as f64, "{third}");
    browser.fits("a product answer").await;

    // More is below, and a button leads there.
    assert_eq!(browser.run("document.getElementById('latest').hidden").await, false);
    browser.run("document.getElementById('latest').click()").await;
    browser.until("document.getElementById('latest').hidden").await;
    browser.photograph("buttons-narrow").await;
    browser.click("Показать ещё").await;
    browser.until("document.querySelectorAll('.card').length === 10").await;
    let top = browser.top_of_answer().await;
    assert!((0.0..100.0).contains(&top), "{top}");

    // A client who reads something older stays there, and is told that there is something new.
    browser.run("document.getElementById('scroll').scrollTop = 0").await;
    browser.until("!document.getElementById('latest').hidden").await;
    let handoff = |args: &[&str]| _home.tolmach(&[&["handoff"], args].concat()).run().ok();
    handoff(&["take", "web:"]);
    handoff(&["say", "web:", "Good afternoon!"]);
    browser.until("document.querySelectorAll('.message.staff').length === 1").await;
    assert_eq!(browser.number("document.getElementById('scroll').scrollTop").await, 0.0);
    browser.until("document.getElementById('latest').classList.contains('new')").await;
    browser.photograph("news-narrow").await;
    browser.run("document.getElementById('latest').click()").await;
    browser.until("document.getElementById('latest').hidden").await;

    // A reload shows the last answer from its first line too.
    handoff(&["say", "web:", &"A long answer of a person. ".repeat(60)]);
    browser.until("document.querySelectorAll('.message.staff').length === 2").await;
    browser.reload().await;
    browser.until("document.querySelectorAll('.message.staff').length === 2").await;
    let first = browser
        .number(
            "document.querySelector('.message.staff').getBoundingClientRect().top\
             - document.getElementById('scroll').getBoundingClientRect().top",
        )
        .await;
    assert!((0.0..100.0).contains(&first), "{first}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn the_rest_of_a_long_name_is_a_press_away() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    let (name, text) = ("Насос погружной дренажный ".repeat(18), "Перекачивает грязную воду. ".repeat(140));
    home.write("price.csv", format!("Артикул;Наименование;Цена;Описание\nND-7001;{name};9900;{text}\n"));
    home.tolmach(&["catalog", "import", "price.csv"]).run().ok();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    browser.screen(PHONE.0, PHONE.1).await;
    browser.open(&server).await;
    browser.write("ND-7001").await;
    browser.until("document.querySelectorAll('.card').length === 1").await;
    let height = "document.querySelector('.card').offsetHeight";
    let more = "document.querySelector('.card .more')";
    browser.until(&format!("!{more}.hidden")).await;
    let closed = browser.number(height).await;
    assert!(closed < 150.0, "{closed}");
    browser.run(&format!("{more}.click()")).await;
    browser.until(&format!("{height} > 500")).await;
    assert_eq!(browser.run(&format!("{more}.getAttribute('aria-expanded')")).await, "true");
    browser.fits("an open card").await;
    browser.run(&format!("{more}.click()")).await;
    browser.until(&format!("{height} === {closed}")).await;
    browser.screen(1280, 800).await;
    browser.until(&format!("!{more}.hidden")).await;
    let wide = browser.number(height).await;
    assert!(wide < 250.0, "{wide}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_long_text_goes_out_whole_and_a_draft_survives_a_reload() {
    let Some((mut browser, _home, _server)) = phone("[limits.chat]\nmessages = 60000\n").await else {
        return;
    };
    let value = "document.getElementById('text').value";
    let hint = "document.getElementById('hint')";
    browser.run("document.getElementById('text').focus()").await;
    browser.call("Input.insertText", json!({ "text": "о доставке, но не" })).await;
    browser.reload().await;
    assert_eq!(browser.run(value).await, "о доставке, но не");
    assert_eq!(browser.run("document.getElementById('send').disabled").await, false);

    // The field takes all of it, and says what becomes of it.
    let long: String = (1..=600).map(|number| format!("Строка заявки {number}.\n")).collect();
    browser.paste(&long).await;
    browser.until(&format!("!{hint}.hidden && !{hint}.classList.contains('bad')")).await;
    assert_eq!(browser.text("#hint").await, "A long text: it goes out whole, as 3 messages.");
    browser.photograph("long-narrow").await;
    browser.write("").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    let said = browser
        .run("[...document.querySelectorAll('.message.client .bubble')].map((box) => box.textContent)")
        .await;
    let said: Vec<&str> = said.as_array().expect("messages").iter().filter_map(Value::as_str).collect();
    assert_eq!(said.len(), 3);
    assert_eq!(said.join("\n"), long.trim());
    assert_eq!(browser.run(&format!("{hint}.hidden")).await, true);
    browser.reload().await;
    assert_eq!(browser.run(value).await, "", "what is sent is no draft");
    browser.until("document.querySelectorAll('.message.client').length === 3").await;

    // One that is too long for that stays where it is, and the page says why.
    let longer = long.repeat(2);
    browser.paste(&longer).await;
    browser.until(&format!("{hint}.classList.contains('bad')")).await;
    assert!(browser.text("#hint").await.starts_with("Too long: "));
    assert_eq!(browser.run("document.getElementById('send').disabled").await, true);
    browser.photograph("too-long-narrow").await;
    browser.run("document.getElementById('composer').requestSubmit()").await;
    assert_eq!(browser.run("document.querySelectorAll('.message.client').length").await, 3);
    assert_eq!(browser.run(value).await, longer.as_str());
    browser.fits("a text that is too long").await;

    // What a frame cannot carry is left out, and the rest is not lost.
    browser.run(&format!("void ({value} = 'a\\u0001b\\ud800')")).await;
    browser.run("document.getElementById('composer').requestSubmit()").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    assert!(browser.text("#log").await.contains("ab\u{FFFD}"));
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_that_is_online_again_connects_at_once() {
    let Some((mut browser, home, server)) = phone("").await else { return };
    let address = server.address.clone();
    // Each pause before a new attempt is then as long as it may be: 0.5, 1, 2, 4 and 8 seconds.
    browser.run("Math.random = () => 1").await;
    server.kill();
    let killed = Instant::now();
    browser.until(&format!("!{ONLINE}")).await;
    // The attempts after 0.5, 1.5, 3.5 and 7.5 seconds fail; the next is after 15.5.
    tokio::time::sleep(Duration::from_secs(8).saturating_sub(killed.elapsed())).await;
    let _server = on(&home, &address);
    browser.run("dispatchEvent(new Event('online'))").await;
    let asked = Instant::now();
    browser.until(ONLINE).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    // A socket of before may be dead without saying so, and is replaced; nothing is shown or sent twice.
    let before = browser.text("#log").await;
    browser.run("dispatchEvent(new Event('online'))").await;
    browser.write("Do you deliver to Kazan?").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    browser.until("document.querySelectorAll('.message.bot').length === 2").await;
    assert!(browser.text("#log").await.starts_with(&before));
    assert_eq!(browser.run("document.querySelectorAll('.message.client').length").await, 1);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_does_not_say_online_while_nothing_can_be_stored() {
    let Some((mut browser, home, server)) = phone("").await else { return };
    let file = home.path("tolmach-data/tolmach.db");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opened");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");
    browser.write("I need a drill").await;
    browser.until(&format!("!{ONLINE}")).await;
    assert_eq!(browser.text("#status").await, "unavailable now");
    assert!(browser.text("#banner").await.contains("not delivered right now"));
    assert_eq!(browser.run("document.getElementById('typing').hidden").await, true, "nobody answers");
    browser.photograph("unstored-narrow").await;
    // A page that is opened then does not say so either.
    browser.call("Page.reload", json!({})).await;
    browser.until("document.getElementById('status').textContent === 'unavailable now'").await;
    let (status, _) = crate::support::get(&server.url("/health")).await;
    assert_eq!(status, 503);
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("unlocked");
    other.close().await.expect("closed");
    browser.until(ONLINE).await;
    browser.until("document.querySelectorAll('.card').length > 0").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    assert_eq!(browser.run("document.getElementById('banner').hidden").await, true);
    assert_eq!(browser.run("document.querySelectorAll('.message.client').length").await, 1);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_double_press_is_sent_once() {
    let Some((mut browser, _home, _server)) = phone("").await else { return };
    let pressed = "document.querySelectorAll('.message.client').length";
    let place = browser
        .run(
            "(() => { const box = document.querySelector('.buttons button').getBoundingClientRect();\
              return [box.x + box.width / 2, box.y + box.height / 2]; })()",
        )
        .await;
    for count in [1, 2] {
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": count });
            browser.call("Input.dispatchMouseEvent", mouse).await;
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    browser.until("document.querySelectorAll('.message.bot').length === 2").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(browser.run(pressed).await, 1);
    assert_eq!(browser.run("document.querySelectorAll('.message.bot').length").await, 2);
    // Later the same button may be pressed again.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    browser.run("document.querySelector('.buttons button').click()").await;
    browser.until(&format!("{pressed} === 2")).await;
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn the_demo_has_pictures_and_prices_without_the_internet() {
    let Some((mut browser, _home, _server)) = phone("").await else { return };
    for (language, words) in [("ru", "нужен перфоратор"), ("en", "I need a welding inverter")]
    {
        browser.run(&format!("document.querySelector('[data-language={language}]').click()")).await;
        let before = browser.run("document.querySelectorAll('.card').length").await;
        browser.write(words).await;
        browser.until(&format!("document.querySelectorAll('.card').length > {before}")).await;
        let last = "[...document.querySelectorAll('.cards')].pop()";
        browser
            .until(&format!(
                "[...{last}.querySelectorAll('.picture')].every((box) => box.querySelector('img')?.naturalWidth > 0)"
            ))
            .await;
        let own = format!(
            "[...{last}.querySelectorAll('img')].every((image) => image.src.startsWith(location.origin))"
        );
        assert_eq!(browser.run(&own).await, true);
        let prices = browser
            .run(&format!("[...{last}.querySelectorAll('.price')].map((price) => price.textContent)"))
            .await;
        let prices = prices.as_array().expect("prices").clone();
        assert!(prices.len() >= 3, "{prices:?}");
        assert!(
            prices.iter().all(|price| price.as_str().is_some_and(|price| price.contains('₽'))),
            "{prices:?}"
        );
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// The contrast of an element's colour with the first background behind it, 1 to 21 (WCAG 2).
const CONTRAST: &str = "
    window.contrast = (element) => {
      const channels = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
      const shade = (colour) => {
        const [r, g, b] = channels(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let behind = element;
      while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
      const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(shade);
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }";

#[tokio::test]
async fn high_contrast_is_respected() {
    let Some((mut browser, _home, _server)) = phone("").await else { return };
    browser.write("I need a rotary hammer").await;
    browser.until("document.querySelectorAll('.card').length > 0").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    browser.run(CONTRAST).await;
    let parts = [
        ".bot .bubble",
        ".client .bubble",
        ".name",
        ".small",
        ".description",
        ".price",
        ".stock",
        ".status",
        ".buttons button",
        "h1",
        ".languages [aria-pressed=true]",
        ".languages [aria-pressed=false]",
    ];
    for (name, scheme, contrast) in [
        ("light", "light", "no-preference"),
        ("dark", "dark", "no-preference"),
        ("more-light", "light", "more"),
        ("more-dark", "dark", "more"),
    ] {
        browser.media(&[("prefers-color-scheme", scheme), ("prefers-contrast", contrast)]).await;
        let least = if contrast == "more" { 7.0 } else { 4.5 };
        for part in parts {
            let ratio = browser.number(&format!("contrast(document.querySelector('{part}'))")).await;
            assert!(ratio >= least, "{part} in {name}: {ratio}");
        }
        let edge =
            browser.run("getComputedStyle(document.querySelector('.bot .bubble')).borderTopColor").await;
        assert_eq!(edge == "rgba(0, 0, 0, 0)", contrast != "more", "{name}: {edge}");
        for (width, height) in [PHONE, (1280, 800)] {
            browser.screen(width, height).await;
            browser.fits(name).await;
            browser.photograph(&format!("{name}-{width}")).await;
        }
        browser.screen(PHONE.0, PHONE.1).await;
    }
    // With the system's colours all that only a background told apart has an edge or a colour of its own.
    browser.media(&[("forced-colors", "active")]).await;
    let edged = "(part) => { const style = getComputedStyle(document.querySelector(part));\
        return style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0\
          && style.borderTopColor !== style.backgroundColor && style.borderTopColor !== 'rgba(0, 0, 0, 0)'; }";
    for part in
        [".bot .bubble", ".client .bubble", ".card", ".picture", ".buttons button", ".composer textarea"]
    {
        assert_eq!(browser.run(&format!("({edged})('{part}')")).await, true, "{part}");
    }
    let pressed = "getComputedStyle(document.querySelector('[aria-pressed=true]')).backgroundColor";
    let other = "getComputedStyle(document.querySelector('[aria-pressed=false]')).backgroundColor";
    assert_ne!(browser.run(pressed).await, browser.run(other).await);
    browser.photograph("forced-360").await;
    browser.screen(1280, 800).await;
    browser.photograph("forced-1280").await;
    assert_eq!(browser.complaints, Vec::<String>::new());
}
