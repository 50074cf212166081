//! The chat page in a real browser, driven by the Chrome DevTools Protocol.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    page::Page,
    sites,
    support::{Home, Server},
};

mod view;

const TIMEOUT: Duration = Duration::from_secs(60);
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
];

#[tokio::test]
async fn a_client_talks_to_the_page() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let address = server.address.clone();

    // The size of a small phone; the page must not be wider than the screen.
    browser.screen(360, 640).await;
    browser.call("Page.navigate", json!({ "url": server.url("/") })).await;
    browser.until("document.querySelectorAll('.message.bot').length === 1").await;
    browser.until("document.getElementById('status').classList.contains('on')").await;
    assert!(browser.text(".message.bot .bubble").await.contains("Osnadar"));
    browser.fits("the greeting").await;

    browser.write("I need a rotary hammer under 20000").await;
    browser.until("document.querySelectorAll('.card').length > 0").await;
    let cards = browser.text(".cards").await;
    assert!(cards.contains("Rotary hammer") && cards.contains("₽"), "{cards}");
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    browser.fits("cards").await;

    browser.click("Talk to a manager").await;
    browser.until("document.body.innerText.includes('Write your name')").await;
    browser.fits("the form").await;

    // A reload shows the dialog again, without duplicates.
    let before = browser.text("#log").await;
    browser.call("Page.reload", json!({})).await;
    browser.until("document.body.innerText.includes('Write your name')").await;
    browser.until("document.getElementById('status').classList.contains('on')").await;
    assert_eq!(browser.text("#log").await, before);

    // The server is killed. Messages written meanwhile are sent once when it is back.
    server.kill();
    browser.until("!document.getElementById('status').classList.contains('on')").await;
    browser.write("John, +7 999 123-45-67").await;
    browser.until("document.querySelectorAll('.pending').length === 1").await;
    browser.until("!document.getElementById('banner').hidden").await;
    let server = on(&home, &address);
    browser.until("document.body.innerText.includes('Thank you, John')").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    browser.until("document.getElementById('banner').hidden").await;
    let said = browser.text("#log").await;
    assert_eq!(said.matches("John, +7 999 123-45-67").count(), 1, "{said}");
    browser.fits("the end").await;

    // Markup in a client's message is shown as text.
    browser.write("<img src=x onerror=\"document.title='hacked'\"> /help").await;
    browser.until("document.querySelectorAll('.message.bot').length >= 5").await;
    assert_eq!(
        browser.run("document.title").await,
        browser.run("document.getElementById('title').textContent").await
    );
    assert_eq!(browser.run("document.querySelectorAll('.message.client img').length").await, 0);
    browser.screen(1280, 800).await;
    browser.fits("a wide screen").await;
    assert_eq!(browser.complaints, Vec::<String>::new());

    server.terminate();
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads.as_array().map(Vec::len), Some(1), "{leads}");
    assert_eq!(leads[0]["lead"]["contact"]["name"], "John");
}

#[tokio::test]
async fn a_client_sees_who_of_the_two_speaks() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    browser.screen(360, 640).await;
    browser.call("Page.navigate", json!({ "url": server.url("/") })).await;
    browser.until("document.getElementById('status').classList.contains('on')").await;
    browser.write("I need a welding inverter").await;
    browser.until("document.querySelectorAll('.card').length > 0").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;

    let handoff = |args: &[&str]| home.tolmach(&[&["handoff"], args].concat()).run().ok().stdout;
    handoff(&["take", "web:"]);
    let words = "Good afternoon! Which <current> do you need, 160 or 250 A?";
    handoff(&["say", "web:", words]);
    browser.until("document.querySelectorAll('.message.staff').length === 1").await;
    assert_eq!(browser.text(".message.staff .author").await, "Manager");
    assert!(browser.text(".message.staff").await.contains(words));
    browser.write("250, please").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    assert_eq!(browser.run("document.getElementById('typing').hidden").await, true, "the bot is silent");
    browser.fits("a message of the staff").await;
    browser.photograph("staff-narrow").await;
    // After a reload, and on a wide screen, they are told apart as before.
    browser.screen(1280, 800).await;
    browser.call("Page.reload", json!({})).await;
    browser.until("document.querySelectorAll('.message.staff').length === 1").await;
    browser.until("document.body.innerText.includes('250, please')").await;
    browser.fits("a message of the staff on a wide screen").await;
    browser.photograph("staff-wide").await;
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn sites_look_and_begin_as_configured() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = sites::home();
    let server = sites::serve(&home);
    let colour = "getComputedStyle(document.querySelector('.mark')).backgroundColor";
    let behind = "getComputedStyle(document.body).backgroundColor";
    let languages = "document.getElementById('languages').hidden";
    for (path, title, greeting, accent, back, one_language) in [
        ("/", "Shop", "The shop listens", "rgb(31, 95, 208)", "rgb(238, 241, 245)", false),
        ("/s/tools/", "Power tools", "Which tool?", "rgb(10, 122, 75)", "rgb(243, 247, 242)", true),
    ] {
        browser.screen(360, 640).await;
        browser.call("Page.navigate", json!({ "url": server.url(path) })).await;
        browser.until(&format!("location.pathname === '{path}' && document.readyState === 'complete'")).await;
        browser.until("document.querySelectorAll('.message.bot').length === 1").await;
        assert_eq!(browser.text(".message.bot .bubble").await, greeting, "each site has a chat of its own");
        assert_eq!(browser.run("document.title").await, title);
        assert_eq!(browser.run(colour).await, accent);
        assert_eq!(browser.run(behind).await, back);
        assert_eq!(browser.run(languages).await, one_language);
        browser.fits(path).await;
        browser.screen(1280, 800).await;
        browser.fits(path).await;
    }
    // The first site still has its own chat.
    browser.call("Page.navigate", json!({ "url": server.url("/") })).await;
    browser
        .until("location.pathname === '/' && document.querySelectorAll('.message.bot').length === 1")
        .await;
    assert_eq!(browser.text(".message.bot .bubble").await, "The shop listens");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_greeting_is_stored_when_the_client_acts() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    browser.screen(360, 640).await;
    browser.call("Page.navigate", json!({ "url": server.url("/") })).await;
    browser.until("document.querySelectorAll('.message.bot').length === 1").await;
    // The greeting follows the language until the chat has begun.
    browser.run("document.querySelector('[data-language=ru]').click()").await;
    browser.until("document.querySelector('.message.bot').innerText.includes('Здравствуйте')").await;
    browser.run("document.querySelector('[data-language=en]').click()").await;
    browser.until("document.querySelector('.message.bot').innerText.includes('Hello')").await;
    // A reload shows it again, and once.
    browser.call("Page.reload", json!({})).await;
    browser.until("document.querySelectorAll('.message.bot').length === 1").await;
    let count = "document.querySelectorAll('.message').length";
    browser.run("document.querySelector('.message.bot').mark = 'kept'").await;
    browser.click("Delivery and payment").await;
    browser.until("document.querySelectorAll('.message.bot').length === 2").await;
    browser.until("document.querySelectorAll('.pending').length === 0").await;
    assert_eq!(browser.run(count).await, 3);
    // What is the same is left alone, so that it is not read out again.
    assert_eq!(browser.run("document.querySelector('.message.bot').mark").await, "kept");
    let order = "[...document.querySelectorAll('.message')].map((box) => box.classList.contains('client'))";
    assert_eq!(browser.run(order).await, json!([false, true, false]));
    let log = browser.text("#log").await;
    assert!(log.contains("Hello") && log.matches("Delivery and payment").count() == 2, "{log}");
    browser.fits("the first press").await;
    // The stored greeting is the same, so its button still works.
    browser.click("Talk to a manager").await;
    browser.until("document.body.innerText.includes('Write your name')").await;
    browser.call("Page.reload", json!({})).await;
    browser.until("document.querySelectorAll('.message').length === 5").await;
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[tokio::test]
async fn older_messages_come_on_request() {
    let Some(mut browser) = Browser::start().await else { return };
    let home = Home::ready();
    home.write("tolmach.toml", "debounce_ms = 0\n[limits.chat]\nmessages = 60000\n");
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    browser.screen(360, 640).await;
    browser.call("Page.navigate", json!({ "url": server.url("/") })).await;
    browser.until("document.querySelectorAll('.message.bot').length === 1").await;
    assert_eq!(browser.run("document.getElementById('earlier').hidden").await, true);
    let token = browser.run("localStorage.getItem('tolmach.token')").await;
    let mut page = Page::connect(&server).await;
    page.hello(json!({ "token": token, "language": "en" })).await;
    for number in 0..60 {
        page.ask(&number.to_string(), "/help").await;
    }
    // 122 messages are stored, of which the page never shows the first, the command with which the chat began.
    browser.until("document.querySelectorAll('.message').length === 121").await;
    browser.call("Page.reload", json!({})).await;
    for (shown, width) in [(50, 360), (100, 1280), (121, 360)] {
        browser.screen(width, 640).await;
        browser.until(&format!("document.querySelectorAll('.message').length === {shown}")).await;
        browser.fits("a part of the history").await;
        let hidden = browser.run("document.getElementById('earlier').hidden").await;
        assert_eq!(hidden, shown == 121, "{shown}");
        if shown == 121 {
            break;
        }
        let label = browser.text("#earlier").await;
        assert_eq!(label, "Earlier messages");
        // What the client looks at stays where it is.
        browser.run("window.first = document.querySelector('.message')").await;
        browser.run("document.getElementById('scroll').scrollTop = 0").await;
        let top = "Math.round(window.first.getBoundingClientRect().top)";
        let before = browser.run(top).await.as_f64().expect("a number");
        browser.run("document.getElementById('earlier').click()").await;
        browser.until(&format!("document.querySelectorAll('.message').length > {shown}")).await;
        let moved = browser.run(top).await.as_f64().expect("a number") - before;
        assert!(moved.abs() <= 60.0, "it moved by {moved} pixels");
    }
    let first = browser.text(".message").await;
    assert!(first.contains("Hello"), "{first}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// Whether an event is an error of the page: an exception, or a violation of its content security policy.
fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
        // Network errors are expected: the server is stopped, and the sample photos do not exist.
        "Log.entryAdded"
            if parameters["entry"]["source"] != "network" && parameters["entry"]["level"] != "info" =>
        {
            Some(parameters["entry"].to_string())
        }
        _ => None,
    }
}

fn on(home: &Home, address: &str) -> Server {
    home.tolmach(&["run", "--listen", address]).serve()
}

/// A browser with one page; ends when dropped.
pub struct Browser {
    _process: Process,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    /// The screen's width in pixels.
    width: u64,
    pub complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// `None`, with a printed note, if no browser is installed.
    pub async fn start() -> Option<Browser> {
        let Some(program) = program() else {
            eprintln!("skipped: no chromium on this machine, so the page was not tried in a browser");
            assert!(std::env::var_os("CI").is_none(), "CI has a browser, so that this is not skipped");
            return None;
        };
        let profile = TempDir::new().expect("a folder");
        let mut command = Command::new(program);
        command
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank");
        command.env("LANGUAGE", "en_GB").arg("--lang=en-GB").arg("--no-proxy-server");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process(command.spawn().expect("started"));
        let port = debugging_port(profile.path()).await;
        let (_, targets) = crate::support::get(&format!("http://127.0.0.1:{port}/json/list")).await;
        let page = targets.as_array().and_then(|all| all.iter().find(|target| target["type"] == "page"));
        let url = page.and_then(|page| page["webSocketDebuggerUrl"].as_str()).expect("a page").to_owned();
        let (socket, _) = connect_async(url).await.expect("connected");
        let mut browser = Browser {
            _process: process,
            socket,
            last: 0,
            width: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({})).await;
        }
        Some(browser)
    }

    /// Calls a method of the protocol.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.ask(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.last += 1;
        let request = json!({ "id": self.last, "method": method, "params": parameters });
        self.socket.send(Message::text(request.to_string())).await.expect("sent");
        loop {
            let next = tokio::time::timeout(TIMEOUT, self.socket.next()).await.expect("the browser answers");
            let Message::Text(text) = next.expect("open").expect("a frame") else { continue };
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            self.complaints.extend(complaint(&answer));
            if answer["id"] == self.last {
                let error = &answer["error"];
                return if error.is_null() { Ok(answer["result"].clone()) } else { Err(error.clone()) };
            }
        }
    }

    /// The value of an expression on the page; null while there is no page, and where the page is left meanwhile.
    pub async fn run(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true });
        match self.ask("Runtime.evaluate", parameters).await {
            Ok(result) => result["result"]["value"].clone(),
            Err(error) if error["message"].as_str().is_some_and(|why| why.contains("navigated")) => {
                Value::Null
            }
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    pub async fn text(&mut self, selector: &str) -> String {
        let text = self.run(&format!("document.querySelector('{selector}').innerText")).await;
        text.as_str().unwrap_or_else(|| panic!("no {selector}")).to_owned()
    }

    /// Waits until an expression is true.
    pub async fn until(&mut self, expression: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while self.run(expression).await != true {
            if Instant::now() > deadline {
                let page = self.run("document.body.innerText").await;
                panic!("never true: {expression}\n{page}\n{:?}", self.complaints);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into the field and presses Enter.
    pub async fn write(&mut self, text: &str) {
        self.run("document.getElementById('text').focus()").await;
        self.call("Input.insertText", json!({ "text": text })).await;
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
            self.call("Input.dispatchKeyEvent", key).await;
        }
        assert_eq!(self.run("document.getElementById('text').value").await, "", "Enter sends");
    }

    /// Clicks the middle of the last button with this label.
    async fn click(&mut self, label: &str) {
        let place = self
            .run(&format!(
                "(() => {{ const all = [...document.querySelectorAll('.buttons button')];\
                 const one = all.filter((button) => button.textContent === '{label}').pop();\
                 one.scrollIntoView({{ block: 'center', behavior: 'instant' }});\
                 const box = one.getBoundingClientRect();\
                 return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", mouse).await;
        }
    }

    pub async fn screen(&mut self, width: u64, height: u64) {
        self.width = width;
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Saves what is on the screen as NAME.png in the folder `TOLMACH_SCREENSHOTS`, if that is set: for people to look at.
    pub async fn photograph(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("TOLMACH_SCREENSHOTS").map(PathBuf::from) else { return };
        let picture = self.call("Page.captureScreenshot", json!({})).await;
        let data = tolmach_testkit::smtp::base64(picture["data"].as_str().expect("a picture"));
        fs::write(folder.join(format!("{name}.png")), data).expect("saved");
    }

    /// Checks that the page is not wider than the screen.
    async fn fits(&mut self, when: &str) {
        let widths = self
            .run("[document.scrollingElement.scrollWidth, document.getElementById('scroll').scrollWidth, innerWidth]")
            .await;
        // A mobile browser zooms out if a page is too wide, so check the inner width too.
        let fits = |width: &Value| width.as_u64().is_some_and(|width| width <= self.width);
        assert!(
            widths.as_array().is_some_and(|all| all.iter().all(fits)),
            "{when}: {widths}, not {}",
            self.width
        );
    }
}

/// The browser's process, killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

/// The browser writes its debugging port into a file of its profile.
async fn debugging_port(profile: &Path) -> u16 {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let written = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, rest)) = written.split_once('\n')
            && !rest.is_empty()
        {
            return port.parse().expect("a port");
        }
        assert!(Instant::now() < deadline, "the browser does not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
