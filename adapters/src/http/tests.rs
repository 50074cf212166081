use std::time::Duration;

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Redirect,
    routing::{get, post},
};
use serde_json::json;
use tokio::net::TcpListener;
use tolmach_testkit::faults::{Answer, Scripted};

use super::*;

/// A local server with the routes that the tests request, and a client for it.
async fn server() -> (String, HttpClient) {
    let app = Router::new()
        .route("/items/{article}", get(|Path(article): Path<String>| async move { Json(json!({ "article": article })) }))
        .route(
            "/order",
            post(|headers: HeaderMap, Json(body): Json<Value>| async move {
                let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
                Json(json!({ "auth": header("authorization"), "key": header("idempotency-key"), "body": body }))
            }),
        )
        .route("/gone", get(|| async { (StatusCode::NOT_FOUND, "<html>no</html>") }))
        .route("/page", get(|| async { "<html>yes</html>" }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/away", get(|| async { Redirect::temporary("http://169.254.169.254/secret") }))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(30)).await }))
        .route("/long", get(|| async { "x".repeat(5000) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let host = Host { authorization: Secret::new("Bearer s3cret") };
    let client = HttpClient::build([("127.0.0.1".to_owned(), host)].into(), true).unwrap();
    (format!("http://{address}"), client)
}

fn request(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        headers: BTreeMap::new(),
        body: None,
        deadline: 2000,
        max_bytes: 1024,
    }
}

#[tokio::test]
async fn sends_get_and_post_requests() {
    let (base, client) = server().await;
    let reply = client.request(&request(format!("{base}/items/RH-1%2F2"))).await.unwrap();
    assert_eq!(reply, HttpReply { status: 200, body: json!({ "article": "RH-1/2" }) });
    let mut order = request(format!("{base}/order"));
    order.method = Method::Post;
    order.headers.insert("Idempotency-Key".into(), "k1".into());
    order.body = Some(json!({ "n": 3 }));
    let reply = client.request(&order).await.unwrap();
    assert_eq!(reply.body, json!({ "auth": "Bearer s3cret", "key": "k1", "body": { "n": 3 } }));
    let turned = client.request(&request(format!("{base}/items/a%E2%80%AEb%E2%80%8Bc"))).await.unwrap();
    assert_eq!(turned.body, json!({ "article": "abc" }), "invisible characters are left out");
    let reply = client.request(&request(format!("{base}/gone"))).await.unwrap();
    assert_eq!(reply, HttpReply { status: 404, body: Value::Null });
    let reply = client.request(&request(format!("{base}/empty"))).await.unwrap();
    assert_eq!(reply, HttpReply { status: 204, body: Value::Null });
}

#[tokio::test]
async fn enforces_redirect_time_and_size_limits() {
    let (base, client) = server().await;
    assert_eq!(client.request(&request(format!("{base}/away"))).await.unwrap().status, 307);
    let mut slow = request(format!("{base}/slow"));
    slow.deadline = 100;
    assert!(client.request(&slow).await.unwrap_err().to_string().contains("within 100 ms"));
    assert!(
        client
            .request(&request(format!("{base}/long")))
            .await
            .unwrap_err()
            .to_string()
            .contains("longer than")
    );
    assert!(
        client.request(&request(format!("{base}/page"))).await.unwrap_err().to_string().contains("not JSON")
    );
}

#[tokio::test]
async fn requests_allowed_hosts_only() {
    let hosts = ["api.example.com", "127.0.0.1", "localhost"];
    let hosts = hosts.map(|host| (host.to_owned(), Host::default())).into();
    let client = HttpClient::new(hosts).unwrap();
    for (url, part) in [
        ("https://other.example.com/x", "not among the hosts"),
        ("http://api.example.com/x", "only https"),
        ("https://user:secret@api.example.com/x", "credentials"),
        ("https://127.0.0.1:1/x", "private network"),
        ("https://0x7f000001/x", "private network"),
        ("https://localhost:1/x", "no public address"),
        ("not an address", "does not parse"),
    ] {
        let why = client.request(&request(url.to_owned())).await.unwrap_err().to_string();
        assert!(why.contains(part), "{url}: {why}");
        assert!(!why.contains("secret"), "{why}");
    }
    for wrong in ["https://api.example.com", "api.example.com/x", ""] {
        assert!(HttpClient::new([(wrong.to_owned(), Host::default())].into()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn hosts_are_replaced_while_it_runs() {
    let server = Scripted::start(vec![Answer::Json(200, json!({ "left": 7 })); 2]).await;
    let address = format!("{}/left", server.url);
    let client = HttpClient::build(BTreeMap::new(), true).unwrap();
    let why = client.request(&request(address.clone())).await.unwrap_err().to_string();
    assert!(why.contains("not among the hosts"), "{why}");
    let host = |name: &str, authorization: &str| {
        BTreeMap::from([(name.to_owned(), Host { authorization: Secret::new(authorization) })])
    };
    client.set_hosts(host("127.0.0.1", "Bearer x")).unwrap();
    assert_eq!(client.request(&request(address.clone())).await.unwrap().body["left"], 7);
    assert!(
        client.set_hosts(host("127.0.0.1", "two\nlines")).is_err()
            && client.set_hosts(host("a b", "")).is_err()
    );
    assert!(client.request(&request(address.clone())).await.is_ok(), "what is wrong replaces nothing");
    client.set_hosts(BTreeMap::new()).unwrap();
    assert!(client.request(&request(address)).await.is_err());
}

#[tokio::test]
async fn every_server_failure_is_an_error_within_the_deadline() {
    let good = json!({ "left": 7 });
    // The server's behaviour, whether the error is temporary, and a part of the error text.
    let faults = [
        (Answer::Hang, true, "within 500 ms"),
        (Answer::Drip(good, Duration::from_millis(50)), true, "within 500 ms"),
        (Answer::Cut, true, "127.0.0.1"),
        (Answer::Garbage, true, "127.0.0.1"),
        (Answer::Huge, false, "longer than"),
        (Answer::Text(200, "<html>log in first</html>"), false, "not JSON"),
    ];
    for (answer, passing, word) in faults {
        let server = Scripted::start(vec![answer.clone()]).await;
        let client = HttpClient::build([("127.0.0.1".to_owned(), Host::default())].into(), true).unwrap();
        let mut left = request(format!("{}/left?words=of-a-client", server.url));
        left.deadline = 500;
        left.max_bytes = 8192;
        let asked = tokio::time::timeout(Duration::from_secs(10), client.request(&left)).await;
        let error = asked.unwrap_or_else(|_| panic!("{answer:?} is waited for")).unwrap_err();
        assert_eq!(matches!(error, Error::Unavailable { .. }), passing, "{answer:?}: {error:?}");
        let why = error.to_string();
        assert!(why.contains(word) && !why.contains("of-a-client"), "{answer:?}: {why}");
        assert_eq!(server.seen().len(), 1, "{answer:?}: nothing is sent twice");
    }
    // Any status is a reply, even with Retry-After: the flow decides, and the client does not wait.
    let limited = Answer::Header(429, "retry-after: 3600", json!({ "error": "slow down" }));
    let server = Scripted::start(vec![limited]).await;
    let client = HttpClient::build([("127.0.0.1".to_owned(), Host::default())].into(), true).unwrap();
    let reply = client.request(&request(format!("{}/left", server.url))).await.unwrap();
    assert_eq!((reply.status, server.seen().len()), (429, 1));
}
