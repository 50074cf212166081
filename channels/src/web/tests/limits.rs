//! Tests of what a page may cost: rows, frames, history.

use super::*;

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

async fn limited(change: impl FnOnce(&mut Limits)) -> Server {
    Server::limited(Options::default(), limits(change), Proxies::default()).await
}

/// The status with which a socket is refused, and the pause that the server asks for; `None` if it is opened.
async fn refused(at: SocketAddr, headers: &[(&'static str, &str)]) -> Option<(u16, u64)> {
    use tokio_tungstenite::tungstenite::Error;
    let mut request = format!("ws://{at}/ws").into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    match connect_async(request).await {
        Ok(_) => None,
        Err(Error::Http(response)) => {
            let pause =
                response.headers().get("retry-after").map_or("0", |pause| pause.to_str().expect("text"));
            Some((response.status().as_u16(), pause.parse().expect("a number")))
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn opening_pages_stores_nothing() {
    let site = Server::start().await;
    let mut pages = Vec::new();
    for _ in 0..50 {
        let (mut page, token) = site.greeted().await;
        // A further hello changes the language, and the greeting with it.
        page.send(json!({ "type": "hello", "language": "en" })).await;
        assert_eq!(page.receive().await["messages"][0]["text"], "en: здравствуйте");
        pages.push((page, token));
    }
    assert_eq!(site.rows().await, 0);
    // A page that comes back sees the greeting again, until the client has said something.
    let (_, token) = &pages[0];
    let (mut again, welcome) = site.page(Some(token), 0).await;
    assert_eq!((&welcome["messages"], &welcome["reset"]), (&json!([]), &json!(false)));
    assert_eq!(again.receive().await["type"], "greeting");
    again.begin().await;
    let (mut page, welcome) = site.page(Some(token), 0).await;
    assert_eq!(welcome["messages"].as_array().map(Vec::len), Some(4));
    page.send(message("1", "ещё")).await;
    assert_eq!(page.receive().await["type"], "ack", "no greeting for a chat that has begun");
}

#[tokio::test]
async fn a_button_of_the_greeting_may_be_the_first_thing_pressed() {
    let site = Server::start().await;
    let (mut page, _) = site.greeted().await;
    page.send(json!({ "type": "press", "id": "1", "button": "b1", "label": "Ещё" })).await;
    page.until_answer("1").await;
    let received = site.echo.received.lock().expect("not poisoned").clone();
    let [start, press] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(start.kind, EventKind::Command { name: "start".to_owned(), rest: String::new() });
    assert_eq!(press.button.as_deref(), Some("b1"));
}

#[tokio::test]
async fn history_comes_in_pages() {
    let site = limited(|limits| limits.chat.messages = 100_000).await;
    let (mut page, token, _) = site.new_page().await;
    for n in 0..60 {
        page.send(message(&n.to_string(), &format!("вопрос {n}"))).await;
        page.until_answer(&n.to_string()).await;
    }
    let texts = |frame: &Value| -> Vec<String> {
        let messages = frame["messages"].as_array().expect("a list").iter();
        messages.map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
    };
    // 122 messages: 60 questions, the start, and the reply to each.
    let (mut page, welcome) = site.page(Some(&token), 0).await;
    let mut all = texts(&welcome);
    assert_eq!((all.len(), &welcome["earlier"], &welcome["reset"]), (50, &json!(true), &json!(false)));
    let mut before = welcome["messages"][0]["seq"].as_i64().expect("a seq");
    for (count, earlier) in [(50, true), (22, false), (0, false)] {
        page.send(json!({ "type": "older", "before": before })).await;
        let older = page.receive().await;
        assert_eq!((&older["type"], &older["earlier"]), (&json!("older"), &json!(earlier)));
        let page = texts(&older);
        assert_eq!(page.len(), count);
        before = older["messages"][0]["seq"].as_i64().unwrap_or(before);
        all.splice(0..0, page);
    }
    let expected: Vec<String> = std::iter::once("/start".to_owned())
        .chain((0..60).map(|n| format!("вопрос {n}")))
        .flat_map(|said| [said.clone(), format!("вы сказали: {said}")])
        .collect();
    assert_eq!(all, expected);
    // A page that missed more than is sent starts over, so that it shows no gap.
    let (_, welcome) = site.page(Some(&token), 2).await;
    assert_eq!(
        (texts(&welcome).len(), &welcome["earlier"], &welcome["reset"]),
        (50, &json!(true), &json!(true))
    );
    let (_, welcome) = site.page(Some(&token), 80).await;
    assert_eq!((texts(&welcome).len(), &welcome["reset"]), (42, &json!(false)));
}

#[tokio::test]
async fn requests_for_older_messages_are_limited() {
    let site = limited(|limits| limits.chat.older = 2).await;
    let (mut page, _, _) = site.new_page().await;
    for expected in ["older", "older", "error"] {
        page.send(json!({ "type": "older", "before": 100 })).await;
        assert_eq!(page.receive().await["type"], expected);
    }
}

#[tokio::test]
async fn messages_are_counted_across_reconnects() {
    let site = limited(|limits| limits.chat.messages = 36).await;
    let (mut page, token) = site.greeted().await;
    for (id, answer) in [("1", "ack"), ("2", "ack"), ("3", "ack"), ("4", "error")] {
        page.send(message(id, "спам")).await;
        assert_eq!(page.until_answer(id).await.last().expect("a frame")["type"], answer);
    }
    let (mut page, _) = site.page(Some(&token), 0).await;
    page.send(message("5", "спам")).await;
    assert_eq!(page.until_answer("5").await.last().expect("a frame")["code"], "too_fast");
}

#[tokio::test]
async fn an_address_begins_a_limited_number_of_chats() {
    let site = limited(|limits| limits.address.chats = 2).await;
    for answer in ["ack", "ack", "error"] {
        let (mut page, _) = site.greeted().await;
        page.send(message("1", "привет")).await;
        assert_eq!(page.until_answer("1").await.last().expect("a frame")["type"], answer);
    }
    let chats = site.echo.store.chats_like("").await.expect("read");
    assert_eq!(chats.len(), 2);
}

#[tokio::test]
async fn an_address_sends_a_limited_number_of_messages() {
    let site = limited(|limits| limits.address.messages = 3).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        let (mut page, _) = site.greeted().await;
        page.send(message("1", "привет")).await;
        answers.push(page.until_answer("1").await.last().expect("a frame")["type"].clone());
    }
    assert_eq!(answers, ["ack", "ack", "ack", "error"]);
}

#[tokio::test]
async fn every_frame_of_a_flood_counts() {
    let nonsense = || Message::text("{");
    let hello = || Message::text(json!({ "type": "hello", "language": "en" }).to_string());
    for frame in
        [nonsense(), hello(), Message::Ping("?".into()), Message::binary(vec![0]), Message::Pong("?".into())]
    {
        let site = limited(|limits| limits.chat.frames = 20).await;
        let (mut page, _) = site.greeted().await;
        for _ in 0..30 {
            // Once it is closed nothing can be written.
            if page.0.send(frame.clone()).await.is_err() {
                break;
            }
        }
        assert!(page.closed_with(1008).await, "{frame:?}");
        assert_eq!(site.rows().await, 0);
    }
    // Before the hello the frames of an address count.
    let site = limited(|limits| limits.address.frames = 20).await;
    let mut page = site.open().await;
    for _ in 0..30 {
        if page.0.send(nonsense()).await.is_err() {
            break;
        }
    }
    assert!(page.closed_with(1008).await);
}

#[tokio::test]
async fn bytes_are_counted_for_a_chat_and_an_address() {
    for address in [false, true] {
        let site = limited(|limits| {
            let kib = if address { &mut limits.address.kib } else { &mut limits.chat.kib };
            *kib = 64;
        })
        .await;
        let (mut page, _) = site.greeted().await;
        let mut answers = Vec::new();
        while answers.last().is_none_or(|code| code == "bad_frame") {
            page.0.send(Message::text("a".repeat(10_000))).await.expect("sent");
            answers.push(page.receive().await["code"].clone());
        }
        // The hello and six frames fit into 64 KiB.
        assert_eq!((answers.len(), &answers[6]), (7, &json!("too_fast")));
        assert!(page.closed_with(1008).await);
    }
}

#[tokio::test]
async fn reconnects_are_counted_for_a_chat_and_an_address() {
    let site = limited(|limits| limits.chat.sockets = 3).await;
    let (_, token) = site.greeted().await;
    for _ in 0..2 {
        site.page(Some(&token), 0).await;
    }
    let mut page = site.open().await;
    page.send(json!({ "type": "hello", "token": token })).await;
    assert!(page.closed_with(1008).await);
    site.greeted().await;

    let site = limited(|limits| limits.address.sockets = 3).await;
    for _ in 0..3 {
        assert_eq!(refused(site.at, &[]).await, None);
    }
    assert_eq!(refused(site.at, &[]).await, Some((429, 20)));
}

#[tokio::test]
async fn sockets_and_requests_of_an_address_are_bounded() {
    let site = limited(|limits| limits.address.connections = 2).await;
    let first = site.greeted().await;
    let _second = site.greeted().await;
    assert_eq!(refused(site.at, &[]).await, Some((429, 10)));
    drop(first);
    let again = async { while refused(site.at, &[]).await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("the place is free again");

    let site = limited(|limits| limits.address.requests = 3).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        let response = reqwest::get(format!("http://{}/", site.at)).await.expect("answered");
        codes.push(response.status().as_u16());
    }
    assert_eq!(codes, [200, 200, 200, 429]);
}

#[tokio::test]
async fn clients_behind_a_proxy_are_told_apart() {
    let proxies = Proxies { header: Some(ProxyHeader::XForwardedFor), ..Proxies::default() };
    let site =
        Server::limited(Options::default(), limits(|limits| limits.address.sockets = 1), proxies).await;
    let from = async |address: &str| refused(site.at, &[("x-forwarded-for", address)]).await;
    assert_eq!(from("192.0.2.1").await, None);
    assert_eq!(from("192.0.2.2").await, None);
    assert_eq!(from("192.0.2.1").await, Some((429, 60)));
    assert_eq!(from("203.0.113.5, 192.0.2.1").await, Some((429, 60)), "the client invents an address");
    // One customer has a whole /64.
    assert_eq!(from("2001:db8::1").await, None);
    assert_eq!(from("2001:db8::ffff:2").await, Some((429, 60)));
    assert_eq!(from("2001:db8:0:1::1").await, None);
}

#[tokio::test]
async fn hsts_is_sent_over_https_only_and_nosniff_always() {
    let site = Server::start().await;
    let client = reqwest::Client::new();
    for (path, scheme, hsts) in [
        ("/", None, false),
        ("/", Some("http"), false),
        ("/chat.js", Some("https"), true),
        ("/none", Some("https"), true),
    ] {
        let mut request = client.get(format!("http://{}{path}", site.at));
        if let Some(scheme) = scheme {
            request = request.header("x-forwarded-proto", scheme);
        }
        let response = request.send().await.expect("answered");
        assert_eq!(response.headers().contains_key("strict-transport-security"), hsts, "{path} {scheme:?}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn the_scheme_of_an_origin_is_compared_where_it_is_known() {
    let site = Server::start().await;
    for (origin, scheme, allowed) in
        [("http", "https", false), ("https", "https", true), ("http", "http", true), ("https", "http", false)]
    {
        let origin = format!("{origin}://chat.example");
        let headers = [("origin", origin.as_str()), ("host", "chat.example"), ("x-forwarded-proto", scheme)];
        let answer = refused(site.at, &headers).await;
        assert_eq!(answer.is_none(), allowed, "{headers:?}: {answer:?}");
    }
}

#[tokio::test]
async fn sockets_are_closed_when_the_server_stops() {
    let site = Server::start().await;
    let (page, _) = site.greeted().await;
    let closing = site.echo.channel.close(Duration::from_secs(10));
    let (closed, ()) = tokio::join!(page.closed_with(1001), closing);
    assert!(closed);
    assert_eq!(site.echo.channel.connected(), 0);
}
