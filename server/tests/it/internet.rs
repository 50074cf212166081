//! The server as strangers see it: what /health tells whom, limits from the configuration, the log of refusals, proxies.

use std::net::TcpStream;
use std::time::Duration;

use reqwest::{Client, header::HeaderMap};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::{
    page::Page,
    support::{Home, Server},
};

const TOKEN: &str = "a-token-of-enough-characters";

fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client")
}

async fn health(server: &Server, headers: &[(&'static str, &str)]) -> Value {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
        .collect();
    let response = client().get(server.url("/health")).headers(headers).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn health_shows_details_to_this_machine_and_to_the_token_only() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_HEALTH_TOKEN", TOKEN).serve();
    let has_details = |health: &Value| health["catalogue"].is_object();
    let all = health(&server, &[]).await;
    assert!(has_details(&all), "{all}");
    let token = format!("Bearer {TOKEN}");
    for name in ["x-forwarded-for", "x-real-ip", "forwarded"] {
        let others = (name, "192.0.2.1");
        assert_eq!(health(&server, &[others]).await, json!({ "status": "ok" }), "{name}");
        assert!(has_details(&health(&server, &[others, ("authorization", &token)]).await));
        for wrong in ["", "Bearer ", "Bearer wrong", TOKEN, &token[..token.len() - 1]] {
            let answer = health(&server, &[others, ("authorization", wrong)]).await;
            assert_eq!(answer, json!({ "status": "ok" }), "{wrong}");
        }
    }
    let printed = server.printed();
    assert!(!printed.contains(TOKEN));
    assert_eq!(printed.matches("set proxy.header").count(), 1, "{printed}");
    // Without a token no token is right.
    server.kill();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let answer = health(&server, &[("forwarded", "for=192.0.2.1"), ("authorization", "Bearer ")]).await;
    assert_eq!(answer, json!({ "status": "ok" }));
}

#[tokio::test]
async fn limits_come_from_the_configuration_and_refusals_are_logged_once_a_second() {
    let home = Home::ready();
    home.write(
        "tolmach.toml",
        "[proxy]\nheader = 'x-forwarded-for'\n[limits.address]\nsockets = 2\nchats = 1\n[limits.chat]\nmessages = 12\n",
    );
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let open = async |address: &str, origin: &str| {
        let mut request = format!("ws://{}/ws", server.address).into_client_request().expect("a request");
        for (name, value) in [("x-forwarded-for", address), ("origin", origin)] {
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
        match connect_async(request).await {
            Ok(_) => 101,
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        }
    };
    let own = format!("http://{}", server.address);
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(open("192.0.2.77", &own).await);
    }
    assert_eq!(answers[..3], [101, 101, 429]);
    assert!(answers[3..].iter().all(|answer| *answer == 429), "{answers:?}");
    assert_eq!(open("192.0.2.78", "https://evil.example").await, 403);
    // A request above a limit of messages gets an error, and the page goes on.
    let mut page = Page::new(&server, "en").await;
    page.send_message("1", "hello").await;
    page.send_message("2", "hello").await;
    let refused = loop {
        let frame = page.receive().await.expect("open");
        if frame["type"] == "error" {
            break frame;
        }
    };
    assert_eq!(refused, json!({ "type": "error", "code": "too_fast", "id": "2" }));

    let (_, printed) = server.terminate();
    let of = |address: &str| printed.lines().filter(|line| line.contains(address)).count();
    assert!((1..=3).contains(&of("192.0.2.77")), "18 refusals: {printed}");
    assert_eq!(of("192.0.2.78"), 1, "{printed}");
    let database = std::fs::read(home.path("tolmach-data/tolmach.db")).expect("read");
    let address = b"192.0.2.77";
    assert!(!database.windows(address.len()).any(|bytes| bytes == address), "addresses stand nowhere else");
}

#[tokio::test]
async fn a_filter_silences_the_security_log() {
    let home = Home::ready();
    home.write("tolmach.toml", "[limits.address]\nrequests = 1\n");
    let serve = || home.tolmach(&["run", "--listen", "127.0.0.1:0"]);
    for (filter, logged) in [("info", true), ("info,security=off", false)] {
        let server = serve().env("TOLMACH_LOG", filter).serve();
        for expected in [200, 429] {
            let response = client().get(server.url("/")).send().await.expect("an answer");
            assert_eq!(response.status(), expected);
        }
        let (_, printed) = server.terminate();
        assert_eq!(printed.contains("too many requests of a client"), logged, "{printed}");
    }
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env("TOLMACH_PROXY_HTTPS", "true").serve();
    for path in ["/", "/chat.js", "/health", "/photos/none.jpg", "/nothing"] {
        for (forwarded, hsts) in [(None, false), (Some("192.0.2.1"), true)] {
            let mut request = client().get(server.url(path));
            if let Some(forwarded) = forwarded {
                request = request.header("x-forwarded-for", forwarded);
            }
            let response = request.send().await.expect("an answer");
            assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(response.headers().contains_key("strict-transport-security"), hsts, "{path}");
        }
    }
}

/// Idle connections do not keep the server from stopping, nor from answering.
#[tokio::test]
async fn idle_connections_and_sockets_do_not_hold_the_server_up() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let idle: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(&server.address).expect("connected")).collect();
    let _page = Page::new(&server, "en").await;
    assert_eq!(server.health().await["status"], "ok");
    let started = std::time::Instant::now();
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0), "{printed}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    drop(idle);
}
