//! Personal access tokens: made and ended in the panel and by command, taken by the API alone, never more than their person.

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{Client, PASSWORD, Panel};
use crate::{browser::Browser, support::Home};

/// A program with a token and nothing else.
pub struct Program {
    http: reqwest::Client,
    address: String,
    pub token: String,
}

/// What a program is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }
}

impl Program {
    pub fn new(address: &str, token: &str) -> Program {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Program { http, address: address.to_owned(), token: token.to_owned() }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("answered");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.expect("a body") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
}

/// A token of an account, made by the command.
pub fn token(home: &Home, account: &str, name: &str, more: &[&str]) -> String {
    let arguments = [&["admin", "token", "create", account, "--name", name, "--json"], more].concat();
    home.tolmach(&arguments).run().ok().json()["token"].as_str().expect("a token").to_owned()
}

/// A question to the compiler, which every token may ask: of a draft that does not exist.
fn question() -> Value {
    json!({ "draft": "00000000-0000-0000-0000-000000000000", "file": "shop.yaml", "text": "" })
}

const CHECK: &str = "/admin/api/check";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_taken_by_the_api_alone_and_says_what_is_wrong_with_it() {
    let panel = Panel::start().await;
    let good = Program::new(&panel.address, &token(&panel.home, "Anton", "ci", &[]));
    // It needs neither a cookie nor a form token, and gets no cookie.
    let asked = good.post(CHECK, &question()).await;
    assert_eq!(asked.status, 404, "{asked:?}");
    assert!(!asked.headers.contains_key("set-cookie"), "{asked:?}");
    // Pages know no tokens.
    for page in ["/admin/account", "/admin/inbox", "/admin/flows"] {
        let shown = good.get(page).await;
        assert_eq!(
            (shown.status, shown.json()["key"].as_str()),
            (401, Some("error.expired")),
            "{page}: {shown:?}"
        );
    }
    let made = good.post("/admin/account/tokens", &json!({ "name": "more", "days": "9" })).await;
    assert_eq!(made.status, 401, "a token makes no tokens: {made:?}");

    let slip = format!("{}x", &good.token[..good.token.len() - 1]);
    for (wrong, key) in
        [("", "error.no_token"), ("tlm_", "error.token"), (&slip, "error.token"), ("щ", "error.token")]
    {
        let refused = Program::new(&panel.address, wrong).post(CHECK, &question()).await;
        assert_eq!((refused.status, refused.json()["key"].as_str()), (401, Some(key)), "{refused:?}");
        let asked = refused.headers["www-authenticate"].to_str().expect("text").to_owned();
        assert!(asked.starts_with("Bearer realm="), "{asked}");
        assert_eq!(asked.contains("invalid_token"), key == "error.token", "{asked}");
        assert!(
            refused.json()["help"].as_str().expect("help").contains("Authorization: Bearer"),
            "{refused:?}"
        );
    }
    // A scheme of a proxy's is none of ours: the cookie counts.
    let mut anton = panel.logged_in("Anton").await;
    anton.get("/admin/account").await;
    let cookies: Vec<String> = anton.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    let own = [("cookie", cookies.as_str()), ("sec-fetch-site", "same-origin"), ("x-csrf", &anton.token)];
    let none = Program::new(&panel.address, "");
    let basic = [own.as_slice(), &[("authorization", "Basic eDp5")]].concat();
    let asked = none.send_with(Method::POST, CHECK, Some(&question()), &basic).await;
    assert_eq!(asked.status, 404, "{asked:?}");
    // With both the token counts, whatever the cookie is worth.
    let wrong = Program::new(&panel.address, "tlm_wrong");
    let both = wrong.send_with(Method::POST, CHECK, Some(&question()), &own).await;
    assert_eq!(both.status, 401, "{both:?}");
    let foreign = [("cookie", cookies.as_str()), ("sec-fetch-site", "cross-site")];
    let both = good.send_with(Method::POST, CHECK, Some(&question()), &foreign).await;
    assert_eq!(both.status, 404, "{both:?}");
    // An answer for a program, also where it says that it is a browser.
    let page = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];
    let refused = wrong.send_with(Method::GET, CHECK, None, &page).await;
    assert!(refused.status == 405 || refused.json()["key"] == "error.token", "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tokens_are_limited_by_address_and_right_ones_are_not() {
    let panel = Panel::start().await;
    let good = Program::new(&panel.address, &token(&panel.home, "Anton", "ci", &[]));
    let wrong = Program::new(&panel.address, "tlm_wrong");
    let mut refused = 0;
    for _ in 0..30 {
        let answer = wrong.post(CHECK, &question()).await;
        match answer.status {
            401 => {}
            429 => {
                assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
                refused += 1;
            }
            other => panic!("{other}: {answer:?}"),
        }
    }
    assert!((5..=12).contains(&refused), "{refused}");
    let printed = panel.server.printed();
    assert!(
        printed.contains("a wrong access token for the API") && !printed.contains("tlm_wrong"),
        "{printed}"
    );
    for _ in 0..30 {
        assert_eq!(good.post(CHECK, &question()).await.status, 404);
    }
    // They count as attempts to log in do.
    let reply = panel.client().log_in("Olga", PASSWORD).await;
    assert_eq!(reply.status, 429, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_does_what_its_person_may_at_the_moment() {
    let panel = Panel::start().await;
    let home = &panel.home;
    let program = Program::new(&panel.address, &token(home, "Anton", "ci", &[]));
    let set = |arguments: &[&str]| {
        let ran = home.tolmach(&[&["admin", "set", "Anton"], arguments].concat()).run();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    };
    assert_eq!(program.post(CHECK, &question()).await.status, 404);
    // Another role holds with the next request, and so does the one before.
    for (role, status) in [("analyst", 403), ("manager", 200), ("analyst", 403)] {
        set(&["--role", role]);
        assert_eq!(program.get("/admin/api/leads").await.status, status, "{role}");
    }
    set(&["--disable"]);
    let closed = program.post(CHECK, &question()).await;
    assert_eq!(closed.status, 401, "{closed:?}");
    set(&["--enable"]);
    let ended = program.post(CHECK, &question()).await;
    assert_eq!(ended.status, 401, "an account that was closed has no tokens: {ended:?}");

    // A password that is reset ends tokens, and says so.
    let program = Program::new(&panel.address, &token(home, "Anton", "ci", &[]));
    let reset = home.tolmach(&["admin", "reset", "Anton", "--json"]).run().ok().json();
    assert_eq!(reset["tokens"], 1, "{reset}");
    assert_eq!(program.post(CHECK, &question()).await.status, 401);
    let said = home.tolmach(&["admin", "reset", "Anton"]).run().ok();
    assert!(said.stdout.contains("access tokens ended: 0"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_page_makes_lists_and_ends_tokens() {
    let panel = Panel::start().await;
    let mut mila = panel.logged_in("Mila").await;
    mila.get("/admin/account").await;
    let made = mila
        .post("/admin/account/tokens", &[("name", "Warehouse"), ("days", "30"), ("read_only", "1")])
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let text = made.body.split("id=\"token-text\">").nth(1).and_then(|rest| rest.split('<').next());
    let text = text.expect("a token").to_owned();
    assert!(text.starts_with("tlm_") && text.len() == 53, "{text}");
    let page = mila.get("/admin/account").await.body;
    assert!(!page.contains(&text) && page.contains("Warehouse") && page.contains("only reads"), "{page}");
    for (fields, said) in [
        ([("name", "Warehouse"), ("days", "30")], "You have a token of this name"),
        ([("name", " "), ("days", "30")], "1 to 60 characters"),
        ([("name", "Other"), ("days", "366")], "1 to 365 days"),
        ([("name", "Other"), ("days", "many")], "1 to 365 days"),
    ] {
        let refused = mila.post("/admin/account/tokens", &fields).await;
        assert!(refused.status == 422 && refused.body.contains(said), "{fields:?}: {}", refused.body);
    }
    let program = Program::new(&panel.address, &text);
    assert_eq!(program.post(CHECK, &question()).await.status, 404);
    let page = mila.get("/admin/account").await.body;
    assert!(page.contains("used last on 20"), "{page}");

    let id = page.split("/admin/account/tokens/").nth(1).and_then(|rest| rest.split('/').next());
    let end = format!("/admin/account/tokens/{}/end", id.expect("a token"));
    // Nobody ends a token of another's.
    let mut anton = panel.logged_in("Anton").await;
    anton.get("/admin/account").await;
    assert_eq!(anton.post(&end, &[]).await.status, 404);
    assert_eq!(mila.post(&end, &[]).await.status, 303);
    assert_eq!(program.post(CHECK, &question()).await.status, 401);

    // A new password ends them where the box is checked, as it is.
    for (kept, more) in [(true, None), (false, Some(("tokens", "1")))] {
        let name = format!("kept {kept}");
        let program = Program::new(&panel.address, &token(&panel.home, "Mila", &name, &[]));
        let (old, new) =
            if kept { (PASSWORD, "a second password") } else { ("a second password", "a third password") };
        let page = mila.get("/admin/account").await.body;
        assert!(page.contains("name=\"tokens\" value=\"1\" checked"), "{page}");
        let mut form = vec![("old", old), ("new", new), ("again", new)];
        form.extend(more);
        assert_eq!(mila.post("/admin/account/password", &form).await.status, 303);
        let expected = if kept { 404 } else { 401 };
        assert_eq!(program.post(CHECK, &question()).await.status, expected, "{kept}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_by_command_and_nowhere_else() {
    let panel = Panel::start().await;
    let home = &panel.home;
    let text = token(home, "Anton", "ci", &["--days", "5", "--read-only"]);
    home.tolmach(&["admin", "token", "create", "Anton", "--name", "ci"])
        .run()
        .fails_with(&["a token with the name ci"]);
    home.tolmach(&["admin", "token", "create", "Nobody", "--name", "ci"]).run().fails_with(&["no account"]);
    home.tolmach(&["admin", "token", "create", "Anton", "--name", "x", "--days", "400"])
        .run()
        .fails_with(&["1 to 365 days"]);
    let listed = home.tolmach(&["admin", "token", "list", "Anton", "--json"]).run().ok().json();
    assert_eq!(
        (&listed[0]["name"], &listed[0]["read_only"], &listed[0]["used"]),
        (&json!("ci"), &json!(true), &Value::Null)
    );
    let program = Program::new(&panel.address, &text);
    assert_eq!(program.post(CHECK, &question()).await.status, 404, "a question changes nothing");
    let listed = home.tolmach(&["admin", "token", "list", "Anton", "--json"]).run().ok().json();
    assert!(listed[0]["used"].as_str().expect("a day").starts_with("20"), "{listed}");
    for number in 1..20 {
        token(home, "Anton", &format!("n{number}"), &[]);
    }
    home.tolmach(&["admin", "token", "create", "Anton", "--name", "late"])
        .run()
        .fails_with(&["at most 20 tokens"]);
    let ended = home.tolmach(&["admin", "token", "revoke", "Anton", "ci", "--json"]).run().ok().json();
    assert_eq!(ended["tokens"], json!(["ci"]));
    assert_eq!(program.post(CHECK, &question()).await.status, 401);
    home.tolmach(&["admin", "token", "revoke", "Anton", &text]).run().fails_with(&["no token"]);
    let ended = home.tolmach(&["admin", "token", "revoke", "Anton", "--all", "--json"]).run().ok().json();
    assert_eq!(ended["tokens"].as_array().expect("a list").len(), 19);

    // Neither the token nor its hash stands anywhere that people read.
    let log = home.tolmach(&["audit", "list", "--json", "--limit", "1000"]).run().ok().stdout;
    let mut olga: Client = panel.logged_in("Olga").await;
    let text_again = token(home, "Anton", "again", &[]);
    let rows = olga.get("/admin/data/access_tokens").await.body;
    let lines = olga.get("/admin/logs").await.body;
    for secret in [&text, &text_again] {
        let printed = panel.server.printed();
        for (place, content) in [("audit", &log), ("database", &rows), ("log", &lines), ("output", &printed)]
        {
            assert!(!content.contains(secret.as_str()), "{place} has a token");
        }
    }
    assert!(log.contains("account.token") && log.contains("account.end_token"), "{log}");
    assert!(rows.contains("again"), "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_use_the_pages_of_tokens_and_of_the_api() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::start().await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    let account = format!("http://{}/admin/account", panel.address);
    browser.visit(&account).await;
    browser.fill_in("#token-name", "Warehouse").await;
    browser.run("document.querySelector('form[action$=tokens]').requestSubmit()").await;
    browser.until("document.querySelector('#token-text') !== null").await;
    for (width, height) in [(1440, 1000), (390, 844)] {
        browser.screen(width, height).await;
        browser.is_accessible("a token that was made").await;
        browser.is_as_wide_as_the_screen("a token that was made").await;
        browser.photograph(&format!("token-made-{width}")).await;
        let wide = "document.querySelector('#tokens').getBoundingClientRect().width > 0.8 * document.querySelector('#main').clientWidth";
        assert_eq!(browser.run(wide).await, true, "{width}");
        browser.run("document.querySelector('#tokens').scrollIntoView()").await;
        browser.photograph(&format!("tokens-{width}")).await;
    }
    for (width, height) in [(390, 844), (1440, 1000)] {
        browser.screen(width, height).await;
        browser.visit(&format!("{account}/api")).await;
        browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
        browser.is_accessible("the page of the API").await;
        browser.is_as_wide_as_the_screen("the page of the API").await;
        browser.photograph(&format!("api-{width}")).await;
    }
    // It ends where somebody says so twice.
    browser.visit(&account).await;
    assert_eq!(
        browser
            .run("document.querySelector('.sessions form[action$=end] button.danger').checkVisibility()")
            .await,
        false
    );
    browser.run("document.querySelector('.sessions details summary').click()").await;
    browser.is_accessible("a token that is to end").await;
    browser.run("document.querySelector('.sessions details form').requestSubmit()").await;
    browser.until("document.querySelector('[role=status]') !== null").await;
    assert_eq!(browser.run("document.querySelector('#tokens .sessions li')").await, Value::Null);
}
