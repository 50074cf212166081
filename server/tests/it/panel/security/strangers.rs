//! What strangers and clients may try: foreign forms, scripts and formulas in words, ids of things of others, old logins.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::super::{Client, PASSWORD, Panel, client::field, roles::filled};
use crate::page::Page;

/// A client's words that are a script, a template and a formula.
const SCRIPT: &str =
    "=1+1 <script>alert(1)</script> <img src=x onerror=alert(2)> {{csrf}} позовите менеджера";

/// Every unsafe route asks for the origin and for the token, and of whom it is asked makes no difference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_unsafe_route_asks_for_origin_and_token() {
    let panel = Panel::configured("[limits.address]\nrequests = 100000\n").await;
    let mut client = panel.logged_in("Olga").await;
    client.get("/admin/account").await;
    let token = client.token.clone();
    let unsafe_routes: Vec<String> = tolmach_admin::routes()
        .into_iter()
        .filter(|(method, ..)| *method != Method::GET)
        .map(|(_, path, _)| filled(&path))
        .collect();
    assert!(unsafe_routes.len() > 20, "{unsafe_routes:?}");
    let (host, foreign) = (format!("http://{}", panel.address), "https://evil.example".to_owned());
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in &unsafe_routes {
        for (site, origin, with_token, allowed) in [
            (Some("cross-site"), Some(&host), true, false),
            (Some("same-site"), Some(&host), true, false),
            (Some("none"), None, true, false),
            (None, Some(&foreign), true, false),
            (None, Some(&"null".to_owned()), true, false),
            (None, None, true, false),
            (Some("same-origin"), Some(&host), false, false),
            (None, Some(&host), false, false),
            (None, Some(&host), true, true),
        ] {
            // It would end the login in the middle of the walk; that it may is tried elsewhere.
            if allowed && (path.ends_with("/logout") || path.ends_with("/sessions/end")) {
                continue;
            }
            let mut request = http
                .post(format!("http://{}{path}", panel.address))
                .header("cookie", cookies.join("; "))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(if with_token { format!("csrf={token}") } else { format!("csrf={}", "0".repeat(64)) });
            if let Some(site) = site {
                request = request.header("sec-fetch-site", site);
            }
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let reply = request.send().await.expect("answered");
            let said = format!("{path}, {site:?}, {origin:?}, token {with_token}: {}", reply.status());
            if allowed {
                assert_ne!(reply.status(), 403, "{said}");
            } else {
                assert_eq!(reply.status(), 403, "{said}");
            }
            let policy = reply.headers()["content-security-policy"].to_str().expect("text");
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self';"),
                "{said}"
            );
            assert_eq!(reply.headers()["x-frame-options"], "DENY", "{said}");
        }
        // An upload brings its token in the first field, and is not read without.
        let body = b"--e\r\nContent-Disposition: form-data; name=\"supplier\"\r\n\r\nx\r\n--e--\r\n".to_vec();
        let reply =
            client.send_typed(Method::POST, path, Some(("multipart/form-data; boundary=e", body))).await;
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
    }
}

/// A client whose words are a script: no page shows them as anything but text, and the socket does not say them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_writes_is_text_everywhere() {
    let panel = Panel::start().await;
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m0", "позовите менеджера").await;
    page.ask("m1", "Анна, 8 916 555 01 42").await;
    page.ask("m2", SCRIPT).await;
    page.send_message("m3", "</script><svg onload=alert(4)>").await;
    let mut client = panel.logged_in("Olga").await;
    let chat = between(&client.get("/admin/inbox").await.body, "data-chat=\"");
    let board = client.get("/admin/leads").await.body;
    let lead = between(&board, "data-lead=\"");
    client.get(&format!("/admin/inbox/{chat}")).await;
    client.post(&format!("/admin/inbox/{chat}/note"), &[("text", SCRIPT)]).await;
    client.post(&format!("/admin/leads/{lead}"), &[("note", SCRIPT)]).await;
    let shown = client.get(&format!("/admin/inbox/{chat}")).await.body;
    assert!(shown.contains("&lt;script&gt;alert(1)"), "the words are shown: {shown}");
    let turn = format!(
        "/admin/inbox/{}",
        shown
            .split("data-src=\"/admin/inbox/")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a turn")
    );
    let query = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%3E";
    for path in [
        "/admin/".to_owned(),
        "/admin/inbox".to_owned(),
        format!("/admin/inbox?q={query}"),
        "/admin/inbox?q=script".to_owned(),
        "/admin/inbox/list".to_owned(),
        format!("/admin/inbox/{chat}"),
        format!("/admin/inbox/{chat}/messages"),
        turn,
        format!("/admin/inbox/{chat}/would"),
        "/admin/leads".to_owned(),
        "/admin/leads?view=table".to_owned(),
        format!("/admin/leads?q={query}"),
        format!("/admin/leads/{lead}"),
        format!("/admin/catalogue/search?q={query}"),
        format!("/admin/login?next={query}"),
    ] {
        let reply = client.get(&path).await;
        for tag in ["<script>", "<img src=x", "<svg onload", "onerror=alert(2)>"] {
            assert!(!reply.body.contains(tag), "{path} has {tag}: {}", reply.body);
        }
    }
    for path in [format!("/admin/inbox/{chat}/test"), format!("/admin/inbox/{chat}/wrong")] {
        let reply = client.post(&path, &[("turn", "1"), ("reply", SCRIPT)]).await;
        assert!(!reply.body.contains("<script>alert"), "{path}: {}", reply.body);
    }

    let mut request = format!("ws://{}/admin/live", panel.address).into_client_request().expect("an address");
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.headers_mut().insert("cookie", cookies.join("; ").parse().expect("a header"));
    let foreign = connect_async(request.clone()).await;
    assert!(foreign.is_err(), "a page of another site opens no socket");
    request.headers_mut().insert("origin", format!("http://{}", panel.address).parse().expect("a header"));
    let (mut socket, _) = connect_async(request).await.expect("connected");
    socket.send(Message::text(r#"{"type":"hello","after":0}"#)).await.expect("sent");
    page.send_message("m4", SCRIPT).await;
    let mut frames = String::new();
    while !frames.contains(&chat) || frames.matches("\"news\"").count() < 2 {
        let frame = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("in time");
        frames.push_str(&frame.expect("open").expect("a frame").into_text().expect("text"));
    }
    assert!(!frames.contains("alert") && !frames.contains("916"), "{frames}");
}

fn between(text: &str, mark: &str) -> String {
    let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {text}"));
    rest.split('"').next().expect("an end").to_owned()
}

/// What a client wrote is no formula in the spreadsheet of whoever opens a table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exported_tables_hold_no_formulas() {
    let panel = Panel::start().await;
    for (number, name) in
        ["=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)"].into_iter().enumerate()
    {
        let mut page = Page::new(&panel.server, "ru").await;
        page.ask("m1", "позовите менеджера").await;
        page.ask("m2", &format!("8 916 555 01 4{number}")).await;
        page.ask("m3", name).await;
        page.ask("m4", "=cmd|' /C calc'!A0").await;
    }
    let mut client = panel.logged_in("Mila").await;
    for path in ["/admin/leads/export.csv", "/admin/dashboard.csv?period=day"] {
        let csv = client.get(path).await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8", "{path}");
        assert!(
            csv.headers["content-disposition"].to_str().expect("text").starts_with("attachment"),
            "{path}"
        );
        let cells =
            csv.body.trim_start_matches('\u{feff}').lines().skip(1).flat_map(|line| line.split(";\""));
        for cell in cells {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{path}: {cell} in {}", csv.body);
        }
    }
    let leads = client.get("/admin/leads/export.csv").await.body;
    assert!(leads.contains("\"'+7") || leads.contains("\"'="), "what would be one is there as text: {leads}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_sent_to_another_site() {
    let panel = Panel::start().await;
    let foreign = [
        "https://evil.example/admin/",
        "//evil.example/admin/",
        "/\\evil.example",
        "/admin/../../evil",
        "javascript:alert(1)",
        "/admin/\r\nLocation: https://evil.example",
        "https:/admin/",
        "/administrator",
        "\u{0}/admin/",
    ];
    for next in foreign {
        let mut client = panel.client();
        client.get("/admin/login").await;
        let reply =
            client.post("/admin/login", &[("name", "Adam"), ("password", PASSWORD), ("next", next)]).await;
        // The limit of attempts is of the account: the others go on with the last login.
        if reply.status == 429 {
            break;
        }
        assert_eq!(reply.location.as_deref(), Some("/admin/"), "{next:?}");
        let shown = panel
            .client()
            .get(&format!(
                "/admin/login?next={}",
                super::super::client::encoded(&[("n", next)]).trim_start_matches("n=")
            ))
            .await;
        assert!(field(&shown.body, "next").is_none_or(|next| next == "/admin/"), "{next:?}");
    }
    // The page that a button stood on is where its form leads back to.
    let client = panel.logged_in("Mila").await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut page = client;
    page.get("/admin/account").await;
    for from in [
        "https://evil.example/",
        "https://evil.example/admin/../x",
        "https://evil.example/administrator",
        "//evil.example/admin\\",
    ] {
        let reply = http
            .post(format!("http://{}/admin/account/settings", panel.address))
            .header("cookie", cookies.join("; "))
            .header("sec-fetch-site", "same-origin")
            .header("referer", from)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("csrf={}&theme=dark", page.token))
            .send()
            .await
            .expect("answered");
        let location = reply.headers()["location"].to_str().expect("text");
        assert!(location.starts_with("/admin/") && !location.contains(".."), "{from}: {location}");
    }
}

/// A name that nobody has costs as much as a wrong password: the time tells nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let panel = Panel::start().await;
    let mut client = panel.client();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..5 {
        for (name, times) in [("Mila".to_owned(), &mut known), (format!("Nobody {round}"), &mut unknown)] {
            client.get("/admin/login").await;
            let started = Instant::now();
            let reply =
                client.post("/admin/login", &[("name", &name), ("password", "not the password")]).await;
            times.push(started.elapsed());
            assert_eq!(reply.status, 422, "{name}");
            assert!(reply.body.contains("alert"), "{name}: the same words: {}", reply.body);
        }
    }
    known.sort_unstable();
    unknown.sort_unstable();
    // A refusal without a computation takes a hundredth of it.
    assert!(unknown[0] * 4 > known[0], "{unknown:?}, {known:?}");
}

/// A login ends after twelve hours without use, and after thirty days in any case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_ends_by_idleness_and_by_age() {
    let panel = Panel::start().await;
    let file = panel.home.path("tolmach-data/tolmach.db");
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.expect("the database");
    const HOUR: i64 = 3_600_000;
    for (column, age, ends) in [
        ("seen", 11 * HOUR, false),
        ("seen", 13 * HOUR, true),
        ("made", 29 * 24 * HOUR, false),
        ("made", 31 * 24 * HOUR, true),
    ] {
        let mut client = panel.logged_in("Mila").await;
        let sql = match column {
            "seen" => "UPDATE logins SET seen = seen - $1",
            _ => "UPDATE logins SET made = made - $1",
        };
        sqlx::query(sql).bind(age).execute(&mut database).await.expect("changed");
        let status = client.get("/admin/account").await.status;
        assert_eq!(status, if ends { 303 } else { 200 }, "{column} {age}");
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM logins").fetch_one(&mut database).await.expect("read");
        assert_eq!(left, i64::from(!ends), "what has ended is removed");
        sqlx::query("DELETE FROM logins").execute(&mut database).await.expect("removed");
    }
}

/// An id of a thing opens nothing to whoever may not see the thing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_things_open_nothing() {
    let panel = Panel::start().await;
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;
    let mut other = Page::new(&panel.server, "ru").await;
    other.ask("m1", "здравствуйте").await;
    let mut manager = panel.logged_in("Mila").await;
    let lead = between(&manager.get("/admin/leads").await.body, "data-lead=\"");
    let chats = manager.get("/admin/inbox").await.body;
    let chats: Vec<&str> =
        chats.split("data-chat=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    manager.get("/admin/catalogue").await;
    let draft =
        manager.upload("Снаб", &[("a.csv", "Артикул;Наименование;Цена\nA-1;Насос;1\n".as_bytes())]).await;
    let draft = draft.location.expect("a draft");
    super::super::catalogue::waited(&mut manager, &draft).await;

    let mut analyst = panel.logged_in("Anton").await;
    analyst.get("/admin/account").await;
    for path in [format!("/admin/leads/{lead}"), "/admin/leads/export.csv".to_owned()] {
        assert_eq!(analyst.get(&path).await.status, 403, "{path}");
    }
    for path in [
        format!("/admin/leads/{lead}"),
        format!("/admin/inbox/{}/note", chats[0]),
        format!("{draft}/publish"),
        format!("{draft}/discard"),
        draft.clone(),
    ] {
        assert_eq!(analyst.post(&path, &[("status", "won"), ("text", "x")]).await.status, 403, "{path}");
    }
    for chat in &chats {
        let shown = analyst.get(&format!("/admin/inbox/{chat}")).await;
        assert_eq!(shown.status, 200);
        let beside = shown.body.split("id=\"lines\"").next().unwrap_or_default().to_owned()
            + shown.body.split("<aside").last().unwrap_or_default();
        assert!(
            !beside.contains("79165550142") && !beside.contains(&lead),
            "a contact beside the chat: {beside}"
        );
    }
    // A turn belongs to its chat, a beginning of an id is none, and a session ends by its own account alone.
    let turn = |chat: &str, seq: u32| format!("/admin/inbox/{chat}/turns/{seq}");
    let mut seen = 0;
    for seq in 1..10 {
        let answers =
            [manager.get(&turn(chats[0], seq)).await.status, manager.get(&turn(chats[1], seq)).await.status];
        assert!(answers.contains(&404), "turn {seq} is of one chat: {answers:?}");
        seen += usize::from(answers.contains(&200));
    }
    assert!(seen >= 3, "{seen}");
    manager.get("/admin/leads").await;
    let part = &lead[..8];
    assert_eq!(manager.post(&format!("/admin/leads/{part}"), &[("status", "won")]).await.status, 404);
    let owns = analyst.get("/admin/account").await;
    let mut second = panel.logged_in("Anton").await;
    let page = analyst.get("/admin/account").await.body;
    let id = between(&page, "/admin/account/sessions/").split('/').next().unwrap_or_default().to_owned();
    assert_eq!(owns.status, 200);
    manager.get("/admin/account").await;
    manager.post(&format!("/admin/account/sessions/{id}/end"), &[]).await;
    assert_eq!(second.get("/admin/account").await.status, 200, "a manager ended the login of an analyst");
    let strange = panel.client();
    let mut strange: Client = strange;
    assert_eq!(strange.get(&draft).await.status, 303);
}
