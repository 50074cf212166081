//! Several sites of one server.

use super::*;

/// A server with the default site and the site `tools`.
async fn two_sites() -> Server {
    let tools = super::Site {
        title: Localized { ru: "Инструменты".to_owned(), en: "Tools & <more>".to_owned() },
        colours: Colours { accent: Some("#0a7a4b".to_owned()), background: None },
        languages: vec![Language::En],
        hosts: vec!["tools.example".parse().expect("a host")],
        entry: Some("tools".to_owned()),
    };
    let title = Localized { ru: "Магазин".to_owned(), en: "Shop".to_owned() };
    let sites = [("tools".to_owned(), tools)].into();
    Server::with(Options {
        title,
        sites,
        hosts: vec!["shop.example".parse().expect("a host")],
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn sites_have_their_own_pages() {
    let server = two_sites().await;
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("built");
    let get = async |path: &str| {
        let url = format!("http://{}{path}", server.at);
        let response = client.get(url).send().await.expect("answered");
        let location = response.headers().get("location").map(|to| to.to_str().expect("text").to_owned());
        (response.status().as_u16(), location, response.text().await.expect("text"))
    };
    let (_, _, page) = get("/s/tools/").await;
    for part in ["<title>Tools &amp; &lt;more&gt;</title>", "data-site=\"tools\"", "data-languages=\"en\""] {
        assert!(page.contains(part), "«{part}» is not in {page}");
    }
    let (_, _, page) = get("/").await;
    for part in ["<title>Магазин</title>", "data-site=\"default\"", "data-languages=\"ru en\""] {
        assert!(page.contains(part), "«{part}» is not in {page}");
    }
    assert!(get("/s/tools/chat.css").await.2.contains("--accent: #0a7a4b;"));
    assert!(!get("/chat.css").await.2.contains("#0a7a4b"));
    assert_eq!(get("/s/tools/chat.js").await.2, get("/chat.js").await.2);
    let (status, location, _) = get("/s/tools").await;
    assert_eq!((status, location.as_deref()), (308, Some("tools/")));
    for path in ["/s/other/", "/s/other", "/s/other/chat.css", "/s/other/chat.js"] {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_chat_belongs_to_its_site() {
    let server = two_sites().await;
    let connect = async |path: &str, origin: Option<&str>| {
        let mut request = format!("ws://{}{path}", server.at).into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        connect_async(request).await.ok().map(|(socket, _)| Page(socket))
    };
    for (path, origin, welcome) in [
        ("/s/tools/ws", "https://tools.example", true),
        ("/s/tools/ws", "https://shop.example", true),
        ("/s/tools/ws", "https://evil.example", false),
        ("/ws", "https://tools.example", false),
        ("/ws", "https://shop.example", true),
    ] {
        assert_eq!(connect(path, Some(origin)).await.is_some(), welcome, "{path} {origin}");
    }
    assert!(connect("/s/other/ws", None).await.is_none(), "there is no such site");

    let mut page = connect("/s/tools/ws", Some("https://tools.example")).await.expect("connected");
    page.send(json!({ "type": "hello", "language": "ru" })).await;
    let token = page.receive().await["token"].as_str().expect("a token").to_owned();
    // The same token opens another chat on another site.
    let mut other = connect("/ws", None).await.expect("connected");
    other.send(json!({ "type": "hello", "token": token, "language": "ru" })).await;
    assert_eq!(other.receive().await["messages"], json!([]));
    page.begin().await;
    other.begin().await;
    let received = server.echo.received.lock().expect("not poisoned").clone();
    let [first, _, second, _] = received.as_slice() else { panic!("{received:?}") };
    assert_ne!(first.address, second.address);
    let origin = |site: &str, page: Option<&str>| {
        Some(Origin { site: site.to_owned(), page: page.map(str::to_owned) })
    };
    assert_eq!(first.origin, origin("tools", Some("https://tools.example")));
    assert_eq!((first.client.entry.as_deref(), first.client.language), (Some("tools"), Some(Language::En)));
    assert_eq!(second.origin, origin("default", None));
    assert_eq!((second.client.entry.as_deref(), second.client.language), (None, Some(Language::Ru)));
}
