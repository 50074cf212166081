//! What keeps strangers out: limits, tokens, cookies, second factors, headers.

mod strangers;

use reqwest::Method;
use serde_json::Value;

use super::{PASSWORD, Panel, create};
use crate::support::Home;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_owner_is_made_by_a_link_that_works_once() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let printed = server.printed();
    let link = printed.split_whitespace().find(|word| word.contains("/admin/setup/")).expect("a link");
    let path = link.split_once("/admin").map(|(_, path)| format!("/admin{path}")).expect("a path");
    let mut client = super::Client::new(&server.address);
    let page = client.get(&path).await;
    assert!(page.status == 200 && page.body.contains("minlength"), "{}", page.body);

    let form = |password| [("name", "Olga"), ("password", password), ("again", password)];
    assert_eq!(client.post(&path, &form("short")).await.status, 422);
    let differs = [("name", "Olga"), ("password", PASSWORD), ("again", "something else")];
    assert_eq!(client.post(&path, &differs).await.status, 422, "the link is still good");
    let made = client.post(&path, &form(PASSWORD)).await;
    assert_eq!((made.status, made.location.as_deref()), (303, Some("/admin/")), "{}", made.body);
    assert_eq!(client.get("/admin/account").await.status, 200);

    let mut second = super::Client::new(&server.address);
    second.get("/admin/login").await;
    let again = second.post(&path, &[("name", "Eve"), ("password", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!(again.status, 404, "it was used");
    server.kill();
    let restarted = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve().printed();
    assert!(!restarted.contains("/admin/setup/"), "there is an owner: {restarted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_in_makes_a_new_session_and_leaving_ends_it() {
    let panel = Panel::start().await;
    let mut client = panel.client();
    let sent = client.get("/admin/inbox?queue=mine").await;
    assert_eq!(sent.location.as_deref(), Some("/admin/login?next=/admin/inbox%3Fqueue%3Dmine"));
    for (name, password) in [("Mila", "wrong password"), ("Nobody", PASSWORD), ("", ""), ("Mila", "")] {
        let reply = client.log_in(name, password).await;
        assert_eq!((reply.status, client.cookies.contains_key("tolmach-panel")), (422, false), "{name}");
    }
    let next = [("name", " mila "), ("password", PASSWORD), ("next", "https://evil.example/")];
    let reply = client.post("/admin/login", &next).await;
    assert_eq!(reply.location.as_deref(), Some("/admin/"), "redirects stay within the panel");
    let cookie = reply.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let old = client.cookies["tolmach-panel"].clone();
    assert_eq!(client.get("/admin/inbox").await.status, 200);

    // A login of the same browser has a token of its own, and ends the one before.
    client.log_in("Mila", PASSWORD).await;
    assert_ne!(client.cookies["tolmach-panel"], old);
    let mut thief = panel.client();
    thief.cookies.insert("tolmach-panel".to_owned(), old);
    assert_eq!(thief.get("/admin/inbox").await.status, 303);

    client.get("/admin/account").await;
    let kept = client.cookies.clone();
    assert_eq!(client.post("/admin/logout", &[]).await.status, 303);
    assert!(!client.cookies.contains_key("tolmach-panel"));
    client.cookies = kept;
    assert_eq!(client.get("/admin/inbox").await.status, 303, "the login is gone, not only its cookie");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_to_log_in_are_limited() {
    let panel = Panel::start().await;
    let mut client = panel.client();
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(client.log_in("Mila", "not the password").await.status);
    }
    assert_eq!((statuses[0], statuses[11]), (422, 429), "{statuses:?}");
    let right = client.log_in("Mila", PASSWORD).await;
    assert_eq!(right.status, 429, "the right password does not help either, for a minute");
    let other = client.log_in("Olga", PASSWORD).await;
    assert_eq!(other.status, 303, "another account is not blocked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_request_changes_nothing() {
    let panel = Panel::start().await;
    let mut client = panel.logged_in("Mila").await;
    client.get("/admin/account").await;
    let look = [("language", "en"), ("theme", "dark")];
    for site in [Some("cross-site"), Some("same-site"), Some("none"), None] {
        client.site = site;
        let reply = client.post("/admin/account/settings", &look).await;
        assert_eq!(reply.status, 403, "{site:?}");
    }
    client.site = Some("same-origin");
    let token = client.token.clone();
    for wrong in ["", "0", &"0".repeat(64), &panel.client().token] {
        client.token = wrong.to_owned();
        assert_eq!(client.post("/admin/account/settings", &look).await.status, 403, "{wrong}");
    }
    let mut other = panel.logged_in("Olga").await;
    other.get("/admin/account").await;
    client.token = other.token.clone();
    assert_eq!(client.post("/admin/account/settings", &look).await.status, 403, "of another login");
    client.token = token;
    assert_eq!(client.post("/admin/account/settings", &look).await.status, 303);
    assert!(client.get("/admin/account").await.body.contains("data-theme=\"dark\""));
    // A form that is no form, one that is too large, and one that ends in the middle.
    for body in ["csrf", "csrf=%", &format!("csrf={}&x={}", client.token, "y".repeat(70_000))] {
        let reply = client.send(Method::POST, "/admin/account/settings", Some((*body).to_owned())).await;
        assert!((400..500).contains(&reply.status), "{}", reply.status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_forbids_scripts_frames_and_caches() {
    let panel = Panel::start().await;
    let mut client = panel.logged_in("Mila").await;
    for path in ["/admin/inbox", "/admin/account", "/admin/login", "/admin/nothing", "/admin/inbox/web:none"]
    {
        let reply = client.get(path).await;
        let header =
            |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(
            (header("cache-control"), header("x-content-type-options")),
            ("no-store", "nosniff"),
            "{path}"
        );
        for forbidden in ["<script>", " style=\"", "javascript:", "onclick="] {
            assert!(!reply.body.contains(forbidden), "{path} has {forbidden}");
        }
    }
    let file = client.get("/admin/assets/base.css").await;
    assert!(file.headers["cache-control"].to_str().expect("text").contains("immutable"));
    assert_eq!(client.get("/admin/assets/..%2F..%2FCargo.toml").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_cookies_belong_to_the_host() {
    let panel =
        Panel::with(&[("TOLMACH_PROXY_HEADER", "x-forwarded-for"), ("TOLMACH_PROXY_HTTPS", "true")]).await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{}/admin/login", panel.address);
    let reply = http.get(url).header("x-forwarded-for", "192.0.2.1").send().await.expect("answered");
    let cookie = reply.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("__Host-tolmach-visit=") && cookie.contains("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_removes_the_second_factor_and_says_what_it_touched() {
    let home = Home::ready();
    create(&home, "Mila", "manager");
    let reset = home.tolmach(&["admin", "reset", "mila", "--json"]).run();
    assert_eq!(reset.code, Some(0), "{reset:?}");
    let told: Value = serde_json::from_str(&reset.stdout).expect("JSON");
    assert_eq!((told["name"].as_str(), told["logins"].as_u64()), (Some("Mila"), Some(0)));
    assert!(told["password"].as_str().is_some_and(|password| password.len() >= 20));
    let taken = home.tolmach(&["admin", "create", "MILA"]).run();
    assert!(taken.code == Some(1) && taken.stderr.contains("already"), "{taken:?}");
    let unknown = home.tolmach(&["admin", "set", "Nobody", "--disable"]).run();
    assert!(unknown.code == Some(1) && unknown.stderr.contains("tolmach admin list"), "{unknown:?}");
    let last = home.tolmach(&["admin", "create", "Olga", "--role", "owner"]).run();
    assert!(last.code == Some(0) && last.stdout.contains("password:"), "{last:?}");
    let alone = home.tolmach(&["admin", "set", "Olga", "--disable"]).run();
    assert!(alone.code == Some(1) && alone.stderr.contains("only owner"), "{alone:?}");
    let audit = home.tolmach(&["audit", "list", "--action", "account.", "--json"]).run();
    assert!(!audit.stdout.contains(told["password"].as_str().expect("text")), "never in a log");
    let short = home.tolmach(&["admin", "create", "Eve", "--password-stdin"]).stdin("short\n").run();
    assert!(short.code == Some(1) && short.stderr.contains("10 to 200"), "{short:?}");
}
