//! Hostile values in every parameter of every route: no failure, no hang, no script, and nothing changed that was refused.

mod parameters;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use sqlx::{ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{Client, PASSWORD, Panel, catalogue::waited};
use crate::page::Page;
use parameters::PARAMETERS;

/// How long an answer may take in a debug build on a busy machine, and how large it may be.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: usize = 400_000;
/// Values of [`hostile`] that each parameter gets.
const VALUES: usize = 9;
/// The rows of these tables must be as they were after a request that was refused. What a request writes beside what it changes, as
/// the log of refusals and when a login was last used, is left out.
const CHANGED: &str = "SELECT
    (SELECT group_concat(a.id || a.name || a.role || a.password || a.totp || a.recovery || a.settings || a.disabled || a.version, '|')
        FROM (SELECT * FROM accounts ORDER BY id) AS a) AS accounts,
    (SELECT group_concat(id, '|') FROM (SELECT id FROM logins ORDER BY id)) AS logins,
    (SELECT group_concat(id || name, '|') FROM (SELECT id, name FROM access_tokens ORDER BY id)) AS tokens,
    (SELECT group_concat(id || status || coalesce(assignee, '') || lead, '|') FROM leads) AS leads,
    (SELECT count(*) FROM lead_history) AS history, (SELECT count(*) FROM notes) AS notes,
    (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM inbox) AS inbox,
    (SELECT group_concat(key || version || coalesce(holder, ''), '|') FROM chats) AS chats,
    (SELECT group_concat(id, '|') FROM (SELECT id FROM uploads ORDER BY id)) AS uploads,
    (SELECT group_concat(id || title || base || revision || state, '|') FROM flow_drafts) AS drafts,
    (SELECT count(*) FROM publications) AS publications,
    (SELECT group_concat(section || version || entries, '|') FROM settings) AS settings,
    (SELECT count(*) FROM audit WHERE failure IS NULL) AS done";

/// A small generator of numbers: the same ones in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// Values that somebody may send to see what happens.
fn hostile() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "0",
        "-1",
        "1",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "1e999",
        "NaN",
        "../../../../etc/passwd",
        "..%2f..%2f",
        "'; DROP TABLE leads; --",
        "\"><script>alert(1)</script>",
        "javascript:alert(1)",
        "//evil.example/admin",
        "https://evil.example/admin/",
        "=cmd|' /C calc'!A0",
        "{{csrf}}{{{page}}}",
        "%00%ff%zz",
        "\r\nSet-Cookie: evil=1",
        "\u{0}",
        "a\u{0}b",
        "\u{202E}\u{200B}\u{FEFF}",
        "\"OR\" AND NEAR(\"",
        "web:",
        "web:none",
        "00000000-0000-0000-0000-000000000000",
        "taken",
        "Olga",
        "{\"$ne\":null}",
        "🦀ё",
    ];
    let mut values: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    values.extend([b"\xff\xfe\xc3".to_vec(), b"\xed\xa0\x80".to_vec()]);
    values.extend([vec![b'a'; 5_000], "щ".repeat(10_000).into_bytes(), vec![b'0'; 300]]);
    values
}

fn escaped(value: &[u8]) -> String {
    value.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

struct Fuzz {
    panel: Panel,
    client: Client,
    database: SqliteConnection,
    chance: Chance,
    values: Vec<Vec<u8>>,
    chat: String,
    lead: String,
    upload: String,
    draft: String,
    /// The id of an account that is not one's own.
    person: String,
    sent: usize,
    /// Answers by their status.
    answers: BTreeMap<u16, usize>,
}

impl Fuzz {
    /// What is stored, as far as a refused request must not change it.
    async fn stored(&mut self) -> Vec<String> {
        let row = sqlx::query(CHANGED).fetch_one(&mut self.database).await.expect("read");
        (0..row.len())
            .map(|at| {
                row.try_get::<String, _>(at).or_else(|_| row.try_get::<i64, _>(at).map(|n| n.to_string()))
            })
            .map(Result::unwrap_or_default)
            .collect()
    }

    /// An address of a route with things that exist in its places.
    fn address(&self, path: &str) -> String {
        path.replace("{*name}", "base.css")
            .replace("{token}", "none")
            .replace("{chat}", &self.chat)
            .replace("{turn}", "1")
            .replace("{message}", "1")
            .replace("{article}", "A-1")
            .replace("{table}", "chats")
            .replace("{section}", "staff")
            .replace("people/{id}", &format!("people/{}", self.person))
            .replace("uploads/{id}", &format!("uploads/{}", self.upload))
            .replace("leads/{id}", &format!("leads/{}", self.lead))
            // Playing dialogs through takes seconds; what hostile values reach is found without.
            .replace("flows/{id}/tests", "flows/none/tests")
            .replace("releases/{id}", "releases/current")
            .replace("drafts/{id}/publish", "drafts/none/publish")
            .replace("drafts/{id}/discard", "drafts/none/discard")
            .replace("drafts/{id}", &format!("drafts/{}", self.draft))
            .replace("flows/{id}", &format!("flows/{}", self.draft))
            .replace("{id}", "none")
    }

    async fn send(&mut self, method: &str, address: &str, form: Option<(&str, Vec<u8>)>) {
        let before = self.stored().await;
        let started = Instant::now();
        let method: Method = method.parse().expect("a method");
        let what = format!("{method} {}", address.chars().take(300).collect::<String>());
        let said = form.as_ref().map(|(kind, body)| {
            format!(" {kind}: {}", String::from_utf8_lossy(body).chars().take(300).collect::<String>())
        });
        let what = what + &said.unwrap_or_default();
        let sent = self.client.send_typed(method.clone(), address, form);
        let reply =
            tokio::time::timeout(PATIENCE, sent).await.unwrap_or_else(|_| panic!("no answer to {what}"));
        self.sent += 1;
        *self.answers.entry(reply.status).or_default() += 1;
        assert!(reply.status < 500, "{what}: {} {}", reply.status, reply.body);
        assert!(
            reply.body.len() < LARGEST,
            "{what}: {} bytes after {:?}",
            reply.body.len(),
            started.elapsed()
        );
        let kind = reply.headers.get("content-type").map(|kind| kind.to_str().expect("text").to_owned());
        // A file, as a dialog test or a table, is no page: browsers save it.
        if kind.is_some_and(|kind| kind.starts_with("text/html")) {
            assert!(!reply.body.contains("<script>alert"), "{what}: a script of a stranger is in the page");
            assert!(
                !reply.body.contains("href=\"javascript:"),
                "{what}: a script of a stranger is behind a link"
            );
        } else if reply.status == 200 && method == Method::GET && !address.contains("/assets/") {
            let saved = reply.headers.get("content-disposition");
            let saved = saved.is_some_and(|how| how.as_bytes().starts_with(b"attachment"));
            let data = reply.body.starts_with(['{', '[']);
            assert!(saved || data, "{what}: neither a page nor a file: {:?}", reply.headers);
        }
        if let Some(location) = &reply.location {
            assert!(location.starts_with("/admin"), "{what}: sent to {location}");
        }
        let evil =
            reply.headers.get_all("set-cookie").iter().any(|cookie| cookie.as_bytes().starts_with(b"evil"));
        assert!(!evil, "{what}: a header of a stranger");
        if method == Method::POST && address.contains("/catalogue/uploads/") && reply.status < 400 {
            self.settled().await;
        }
        if method == Method::GET || reply.status >= 400 {
            let after = self.stored().await;
            // A table of leads is written down whenever it leaves the panel.
            let exported = usize::from(address.contains("export.csv") && reply.status == 200);
            let last = before.len() - 1;
            assert_eq!(before[..last], after[..last], "{what}: {} has changed something", reply.status);
            let count = |stored: &[String]| stored[last].parse::<usize>().expect("a number");
            assert_eq!(count(&before) + exported, count(&after), "{what}: {}", reply.status);
        }
        if self.client.cookies.contains_key("tolmach-panel") {
            return;
        }
        // The request has ended the login, as it may.
        assert_eq!(self.client.log_in("Olga", PASSWORD).await.status, 303, "{what}");
        self.client.get("/admin/account").await;
    }

    /// Waits until the upload is neither read nor published: what works after its answer must not count for the next request.
    async fn settled(&mut self) {
        let page = format!("/admin/catalogue/uploads/{}", self.upload);
        for _ in 0..400 {
            let shown = self.client.get(&page).await;
            let works = |state: &&str| shown.body.contains(&format!("data-state=\"{state}\""));
            if !["reading", "queued", "publishing"].iter().any(works) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the upload is worked on for ever");
    }

    fn form(&self, pairs: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = format!("csrf={}", self.client.token);
        for (name, value) in pairs {
            body.push_str(&format!("&{}={}", escaped(name.as_bytes()), escaped(value)));
        }
        body.into_bytes()
    }

    async fn pairs(&mut self, method: &str, address: &str, pairs: &[(&str, &[u8])]) {
        if method == "GET" {
            let query: Vec<String> = pairs
                .iter()
                .map(|(name, value)| {
                    format!("{}={}", escaped(name.as_bytes()), escaped(&value[..value.len().min(1_500)]))
                })
                .collect();
            return self.send(method, &format!("{address}?{}", query.join("&")), None).await;
        }
        let body = self.form(pairs);
        self.send(method, address, Some(("application/x-www-form-urlencoded", body))).await;
    }

    fn pick(&mut self) -> Vec<u8> {
        let at = self.chance.below(self.values.len());
        self.values[at].clone()
    }

    /// Each parameter by itself, all together, none, twice, and with a name that nobody knows.
    async fn parameters(&mut self, method: &str, path: &str, names: &[&str]) {
        let address = self.address(path);
        for name in names {
            for _ in 0..VALUES {
                let value = self.pick();
                self.pairs(method, &address, &[(name, &value)]).await;
            }
            let (one, two) = (self.pick(), self.pick());
            self.pairs(method, &address, &[(name, &one), (name, &two)]).await;
        }
        for _ in 0..3 {
            let values: Vec<Vec<u8>> = names.iter().map(|_| self.pick()).collect();
            let pairs: Vec<(&str, &[u8])> =
                names.iter().copied().zip(&values).map(|(name, value)| (name, value.as_slice())).collect();
            self.pairs(method, &address, &pairs).await;
        }
        self.pairs(method, &address, &[]).await;
        self.pairs(method, &address, &[("__proto__", b"x"), ("[]", b"\xff")]).await;
    }

    /// Hostile values in the places of a path.
    async fn places(&mut self, method: &str, path: &str) {
        let places: Vec<&str> = path.split('/').filter(|part| part.starts_with('{')).collect();
        for place in places {
            for _ in 0..VALUES {
                let value = escaped(&self.pick()[..].iter().copied().take(1_500).collect::<Vec<u8>>());
                let address = self.address(&path.replacen(place, &value, 1));
                self.pairs(method, &address, &[]).await;
            }
        }
    }

    /// Bodies that are no form.
    async fn bodies(&mut self, path: &str) {
        let address = self.address(path);
        let token = self.client.token.clone();
        let form = format!("csrf={token}&text=%");
        for (kind, body) in [
            ("application/json", "{}".to_owned()),
            ("text/plain", form.clone()),
            ("application/x-www-form-urlencoded", form.clone()),
            ("application/x-www-form-urlencoded", format!("{form}&{}", "&".repeat(2_000))),
            ("application/x-www-form-urlencoded", format!("csrf={token}&x={}", "y".repeat(70_000))),
            ("application/x-www-form-urlencoded; charset=utf-16", form.clone()),
            ("multipart/form-data", form.clone()),
            (
                "multipart/form-data; boundary=e",
                format!("--e\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}"),
            ),
            (
                "multipart/form-data; boundary=e",
                format!(
                    "--e\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--e\r\nContent-Disposition: \
                     form-data; name=\"files\"; filename=\"../../x.csv\"\r\n\r\nАртикул;Цена\r\nA"
                ),
            ),
            ("\u{1}", form),
        ] {
            if kind.len() > 1 {
                self.send("POST", &address, Some((kind, body.into_bytes()))).await;
            }
        }
    }
}

impl Fuzz {
    /// Bodies of JSON for a route of the API: hostile values of every kind in each field, and what is no object.
    async fn json(&mut self, path: &str, names: &[&str]) {
        let address = self.address(path);
        let mut bodies: Vec<String> =
            ["null", "[]", "{}", "\"\"", "1e999", "{", "{\"a\":{\"a\":{\"a\":[]}}}"]
                .map(str::to_owned)
                .into();
        bodies.push("[".repeat(5_000));
        for name in names {
            for value in
                ["null", "-1", "9223372036854775808", "1e300", "true", "[]", "{}", "[{\"$ne\":null}]"]
            {
                bodies.push(format!("{{\"{name}\":{value}}}"));
            }
            for _ in 0..3 {
                let value = serde_json::Value::from(String::from_utf8_lossy(&self.pick()).into_owned());
                bodies.push(format!("{{\"{name}\":{value}}}"));
            }
        }
        for _ in 0..3 {
            let value =
                |bytes: Vec<u8>| serde_json::Value::from(String::from_utf8_lossy(&bytes).into_owned());
            let fields: serde_json::Map<String, serde_json::Value> =
                names.iter().map(|name| ((*name).to_owned(), value(self.pick()))).collect();
            bodies.push(serde_json::Value::Object(fields).to_string());
        }
        for body in bodies {
            let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|_| body.clone().into());
            let before = self.stored().await;
            let sent = tokio::time::timeout(PATIENCE, self.client.json(&address, &json)).await;
            let (status, answer) = sent.unwrap_or_else(|_| panic!("no answer to {path} {body}"));
            self.sent += 1;
            *self.answers.entry(status).or_default() += 1;
            assert!(status < 500, "{path} {body}: {status} {answer}");
            if status >= 400 {
                assert_eq!(before, self.stored().await, "{path} {body}: {status} has changed something");
            }
        }
    }

    /// Frames that no page sends over the live connection: the server ends it and goes on.
    async fn frames(&mut self) {
        let cookies: Vec<String> =
            self.client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut frames: Vec<Message> = [
            "",
            "null",
            "[]",
            "{}",
            "{\"type\":\"hello\"}",
            "{\"type\":\"hello\",\"after\":\"1\"}",
            "{\"type\":\"news\",\"after\":1}",
            "{\"type\":\"hello\",\"after\":99999999999999999999}",
            "{\"type\":\"hello\",\"after\":1}{\"type\":\"hello\",\"after\":1}",
        ]
        .map(Message::text)
        .into();
        frames.extend([
            Message::text("{".repeat(5_000)),
            Message::binary(vec![0xff; 100]),
            Message::binary(vec![0; 100_000]),
        ]);
        // Numbers at their limits are numbers: the first frame is news, or says that lists are to be loaded anew.
        let limits = ["9223372036854775807", "-9223372036854775808", "0", "-1"];
        let good = limits.map(|after| Message::text(format!("{{\"type\":\"hello\",\"after\":{after}}}")));
        for (frame, is_good) in
            frames.into_iter().map(|frame| (frame, false)).chain(good.into_iter().map(|frame| (frame, true)))
        {
            let mut request =
                format!("ws://{}/admin/live", self.panel.address).into_client_request().expect("an address");
            let headers = request.headers_mut();
            headers.insert("cookie", cookies.join("; ").parse().expect("a header"));
            headers.insert("origin", format!("http://{}", self.panel.address).parse().expect("a header"));
            let (mut socket, _) = connect_async(request).await.expect("connected");
            // The server may have hung up on a frame that is too large before all of it is sent.
            let sent = socket.send(frame.clone()).await;
            let answer = tokio::time::timeout(PATIENCE * 2, socket.next()).await.expect("in time");
            let text = matches!(&answer, Some(Ok(Message::Text(_))));
            assert_eq!(text, is_good, "{frame:?} ({sent:?}): {answer:?}");
        }
    }
}

async fn begin() -> Fuzz {
    let panel = Panel::configured("[limits.address]\nrequests = 1000000\n").await;
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;
    let mut client = panel.logged_in("Olga").await;
    let between = |text: &str, mark: &str| {
        let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {text}"));
        rest.split('"').next().expect("an end").to_owned()
    };
    let chat = between(&client.get("/admin/inbox").await.body, "data-chat=\"");
    let lead = between(&client.get("/admin/leads").await.body, "data-lead=\"");
    // Mila's: what is done to her must not keep Adam from looking at the end.
    let people = client.get("/admin/people").await.body;
    let others = people.split("/admin/people/").filter(|rest| rest.contains("/role\""));
    let person = others.last().and_then(|rest| rest.split('/').next()).expect("another account").to_owned();
    client.get("/admin/catalogue").await;
    let list = "Артикул;Наименование;Цена\nA-1;Насос;1000\n";
    let upload = client.upload("Снаб", &[("a.csv", list.as_bytes())]).await.location.expect("a draft");
    waited(&mut client, &upload).await;
    let file = panel.home.path("tolmach-data/tolmach.db");
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let database = options.connect().await.expect("the database");
    let upload = upload.rsplit('/').next().expect("an id").to_owned();
    let draft = client.post("/admin/flows", &[("title", "Draft")]).await.location.expect("a draft");
    let draft = draft.rsplit('/').next().expect("an id").to_owned();
    client.get("/admin/account").await;
    let chance = Chance(0x5EED_2026_1129);
    Fuzz {
        panel,
        client,
        database,
        chance,
        values: hostile(),
        chat,
        lead,
        upload,
        draft,
        person,
        sent: 0,
        answers: BTreeMap::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_parameter_of_any_route_does_harm() {
    let listed: BTreeSet<(String, String)> = tolmach_admin::routes()
        .into_iter()
        .filter(|(_, path, _)| path != "/admin")
        .map(|(method, path, _)| (method.to_string(), path))
        .collect();
    let known: BTreeSet<(String, String)> =
        PARAMETERS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(listed, known, "whoever adds a route names its parameters here");

    let mut fuzz = begin().await;
    let began = Instant::now();
    for (method, path, names) in PARAMETERS {
        fuzz.parameters(method, path, names).await;
        fuzz.places(method, path).await;
        if method == "POST" {
            fuzz.bodies(path).await;
        }
        if method == "POST" && path.starts_with("/admin/api/") {
            fuzz.json(path, names).await;
        }
    }
    fuzz.frames().await;
    // Everything goes on as before.
    let took = began.elapsed();
    assert!(fuzz.sent > 1_000, "{}", fuzz.sent);
    assert!(took < Duration::from_secs(300), "{} requests took {took:?}", fuzz.sent);
    eprintln!("{} requests took {took:?}: {:?}", fuzz.sent, fuzz.answers);
    // Most values come to the handlers: limits of attempts keep few away.
    let kept_away = fuzz.answers.get(&429).copied().unwrap_or_default();
    assert!(kept_away * 5 < fuzz.sent, "{:?}", fuzz.answers);
    assert!(fuzz.answers.get(&422).is_some_and(|count| *count > 200), "{:?}", fuzz.answers);
    for path in ["/admin/", "/admin/inbox", "/admin/leads", "/admin/catalogue", "/admin/account"] {
        assert_eq!(fuzz.client.get(path).await.status, 200, "{path}");
    }
    let mut adam = fuzz.panel.logged_in("Adam").await;
    assert_eq!(adam.get(&format!("/admin/inbox/{}", fuzz.chat)).await.status, 200);
    let mut client = Page::new(&fuzz.panel.server, "ru").await;
    assert_eq!(client.ask("m1", "здравствуйте").await["who"], "bot");
}
