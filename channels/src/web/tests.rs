//! Tests over a real WebSocket on the loopback and a real store. A fake turn loop replies at once.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tolmach_engine::{
    catalog::Localized,
    effect::{Action, Author, Button, Card, Choice, Command, Effect, Press},
    event::{EventKind, Origin},
    language::Language,
};
use tolmach_runtime::ports::TurnQuery;
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{
    ChatOverview, Commit, Error, Inbound, Intake, MessageRow, Next, Result, TurnFigures, UnreadUpdate,
};
use uuid::Uuid;

mod limits;
mod sites;

use super::*;
use tolmach_store::sqlite::{self, SqliteStore};

/// Stores each event and echoes its text with a button and a card.
struct Echo {
    store: Arc<SqliteStore>,
    channel: Arc<WebChannel>,
    received: Mutex<Vec<Inbound>>,
    broken: Mutex<bool>,
}

#[async_trait]
impl Greeter for Echo {
    async fn greeting(&self, start: &Inbound) -> Vec<Outgoing> {
        let language = start.client.language.unwrap_or_default().code();
        vec![Outgoing { text: format!("{language}: здравствуйте"), ..reply("") }]
    }

    async fn begin(&self, start: Inbound, first: Inbound) -> Result<()> {
        // One by one, because this turn loop takes one event at a time.
        self.receive(vec![start]).await?;
        self.receive(vec![first]).await
    }
}

#[async_trait]
impl Intake for Echo {
    async fn put_aside(&self, update: UnreadUpdate) -> Result<()> {
        panic!("the web chat has no updates: {update:?}")
    }

    async fn receive(&self, inbound: Vec<Inbound>) -> Result<()> {
        if *self.broken.lock().expect("not poisoned") {
            return Err(Error::unavailable("database", "the disk is full"));
        }
        let rows = inbound.iter().map(|one| (Uuid::now_v7(), one.clone())).collect();
        for chat in self.store.receive(1, rows).await? {
            let Next { mut rows, chat: state, .. } = self.store.next(&chat).await?;
            let row = rows.remove(0);
            let said = match &row.event.kind {
                EventKind::Message { text } => text.clone(),
                EventKind::Press { label, .. } => label.clone(),
                EventKind::Command { name, .. } => format!("/{name}"),
                other => format!("{other:?}"),
            };
            let outgoing = reply(&said);
            let body = serde_json::to_string(&outgoing).expect("JSON");
            let commit = Commit {
                chat: chat.clone(),
                inbox: vec![row.seq],
                version: state.version,
                session: "{}".to_owned(),
                waits: None,
                taken_over_at: None,
                overview: ChatOverview::default(),
                figures: TurnFigures::default(),
                spoke: true,
                messages: vec![
                    MessageRow { seq: 0, who: Author::Client, body: said, at: 1 },
                    MessageRow { seq: 0, who: Author::Bot, body, at: 2 },
                ],
                effects: vec![Effect {
                    id: format!("{}.0", row.event.id),
                    command: Command::Send(outgoing.clone()),
                }],
                notices: vec![],
                staff: None,
                trace: "{}".to_owned(),
                release: "r".to_owned(),
                event: row.event,
            };
            self.store.commit(commit).await?;
            let address = Address::parse(&chat).expect("an address");
            assert_eq!(self.channel.deliver(&address, "e", &outgoing).await, Delivery::Done);
        }
        self.received.lock().expect("not poisoned").extend(inbound);
        Ok(())
    }
}

fn reply(said: &str) -> Outgoing {
    let press = Press {
        id: String::new(),
        release: "secret-release".to_owned(),
        flow: "f".to_owned(),
        node: "n".to_owned(),
        choice: Choice::Go { to: "secret-node".to_owned() },
    };
    let open =
        |url: &str| Button { label: "сайт".to_owned(), action: Action::Open { url: url.to_owned() } };
    Outgoing {
        text: format!("вы сказали: {said}"),
        cards: vec![Card {
            name: "Насос".to_owned(),
            price: "100 ₽".to_owned(),
            photo: Some("javascript:alert(1)".to_owned()),
            ..Card::default()
        }],
        photo: Some("https://elsewhere.example/1.jpg".to_owned()),
        buttons: vec![
            Button { label: "Ещё".to_owned(), action: Action::Press { id: "b1".to_owned(), press } },
            open("https://example.com"),
            open(" JavaScript:alert(1)"),
            open("https://user:secret@example.com"),
        ],
        ..Outgoing::default()
    }
}

struct Server {
    at: SocketAddr,
    echo: Arc<Echo>,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Server {
        Server::with(Options::default()).await
    }

    async fn with(options: Options) -> Server {
        Server::limited(options, Limits::default(), Proxies::default()).await
    }

    async fn limited(options: Options, limits: Limits, proxies: Proxies) -> Server {
        let folder = TempDir::new().expect("a folder");
        let file = sqlite::Options::new(folder.path().join("chat.db"));
        let store = Arc::new(SqliteStore::open(file).await.expect("opened"));
        let channel = Arc::new(WebChannel::new(Arc::clone(&store) as Arc<dyn Store>, options));
        let echo = Arc::new(Echo {
            store,
            channel: Arc::clone(&channel),
            received: Mutex::default(),
            broken: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let guard = Arc::new(Guard::new(limits, proxies));
        let router = router(Arc::clone(&echo) as Arc<dyn Greeter>, channel, Arc::clone(&guard));
        let service = protected(router, guard).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.expect("served") });
        Server { at, echo, _folder: folder }
    }

    async fn open(&self) -> Page {
        let (socket, _) = connect_async(format!("ws://{}/ws", self.at)).await.expect("connected");
        Page(socket)
    }

    /// Connects, says hello and returns the page with its `welcome` frame.
    async fn page(&self, token: Option<&str>, after: i64) -> (Page, Value) {
        let mut page = self.open().await;
        page.send(json!({ "type": "hello", "token": token, "language": "ru-RU", "after": after })).await;
        let welcome = page.receive().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (page, welcome)
    }

    /// Opens a new chat and reads its greeting. Returns the page and the token.
    async fn greeted(&self) -> (Page, String) {
        let (mut page, welcome) = self.page(None, 0).await;
        let greeting = page.receive().await;
        assert_eq!(
            (&greeting["type"], &greeting["messages"][0]["text"]),
            (&json!("greeting"), &json!("ru: здравствуйте"))
        );
        (page, welcome["token"].as_str().expect("a token").to_owned())
    }

    /// Opens a new chat and begins it with a command. Returns the page, the token and the last `seq`.
    async fn new_page(&self) -> (Page, String, i64) {
        let (mut page, token) = self.greeted().await;
        page.send(message("begin", "/start")).await;
        page.until_answer("begin").await;
        assert_eq!(page.receive().await["text"], "/start");
        let greeting = page.receive().await;
        assert_eq!(greeting["text"], "вы сказали: /start");
        (page, token, greeting["seq"].as_i64().expect("a seq"))
    }

    /// The number of rows of all kinds that a chat leaves.
    async fn rows(&self) -> usize {
        let store = &self.echo.store;
        let stored = store.chats_like("").await.expect("read").len();
        let turns = store.turns(&TurnQuery::since(0, 0, 100)).await.expect("read").len();
        let waiting = store.unfinished(i64::MAX, &[NAME.to_owned()]).await.expect("read").len();
        stored + turns + waiting + self.echo.received.lock().expect("not poisoned").len()
    }
}

struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.expect("sent");
    }

    /// The next frame. Fails the test after 10 seconds without one.
    async fn receive(&mut self) -> Value {
        loop {
            let next =
                tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("not silent");
            match next.expect("open").expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Begins the chat with a message and waits for the reply.
    async fn begin(&mut self) {
        self.send(message("begin", "здравствуйте")).await;
        while self.receive().await["text"] != "вы сказали: здравствуйте" {}
    }

    /// Whether the server has closed the socket with this code, after any frames.
    async fn closed_with(mut self, code: u16) -> bool {
        let read = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code) == code,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return false,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("closed")
    }

    /// All frames up to and including the one with this id.
    async fn until_answer(&mut self, id: &str) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.receive().await;
            let answered = frame["id"] == id;
            frames.push(frame);
            if answered {
                return frames;
            }
        }
    }
}

fn message(id: &str, text: &str) -> Value {
    json!({ "type": "message", "id": id, "text": text })
}

#[tokio::test]
async fn a_chat_runs_from_hello_to_reply() {
    let site = Server::start().await;
    let (mut page, token) = site.greeted().await;
    assert_eq!(token.len(), 64);
    assert_eq!(site.echo.channel.connected(), 1);
    page.send(message("1", "  нужен насос ")).await;
    assert_eq!(page.receive().await, json!({ "type": "ack", "id": "1" }));
    // The command with which the chat begins is stored with the first message.
    assert_eq!(page.receive().await["text"], "/start");
    assert_eq!(page.receive().await["text"], "вы сказали: /start");
    let echo = page.receive().await;
    assert_eq!((&echo["who"], &echo["text"]), (&json!("client"), &json!("нужен насос")));
    let reply = page.receive().await;
    assert_eq!((&reply["who"], &reply["text"]), (&json!("bot"), &json!("вы сказали: нужен насос")));
    assert_eq!(reply["cards"][0]["price"], "100 ₽");
    // The page gets ids and safe URLs, and no internal names.
    assert_eq!(
        reply["buttons"],
        json!([{ "label": "Ещё", "id": "b1" }, { "label": "сайт", "url": "https://example.com" }])
    );
    let whole = reply.to_string();
    assert!(!whole.contains("secret") && !whole.to_lowercase().contains("javascript"), "{whole}");
    assert!(!whole.contains("elsewhere"), "a photo on another host is left out: {whole}");
    page.send(json!({ "type": "press", "id": "2", "button": "b1", "label": "Ещё" })).await;
    page.until_answer("2").await;
    let received = site.echo.received.lock().expect("not poisoned").clone();
    let kinds: Vec<_> = received.iter().map(|one| one.kind.clone()).collect();
    assert_eq!(kinds[0], EventKind::Command { name: "start".to_owned(), rest: String::new() });
    assert_eq!(kinds[1], EventKind::Message { text: "нужен насос".to_owned() });
    assert_eq!(kinds[2], EventKind::Press { label: "Ещё".to_owned(), press: None });
    assert_eq!(received[2].button.as_deref(), Some("b1"));
    assert_eq!(received[1].client.language.map(|language| language.code()), Some("ru"));
    assert!(!format!("{received:?}").contains(&token), "the token stays between the page and the socket");
}

#[tokio::test]
async fn a_message_sent_twice_is_stored_once() {
    let site = Server::start().await;
    let (mut page, token, seen) = site.new_page().await;
    page.send(message("1", "раз")).await;
    page.until_answer("1").await;
    drop(page);
    // The acknowledgement was lost: the page reconnects and resends.
    let (mut page, welcome) = site.page(Some(&token), seen).await;
    let texts: Vec<_> =
        welcome["messages"].as_array().expect("a list").iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["раз", "вы сказали: раз"]);
    page.send(message("1", "раз")).await;
    page.send(message("2", "/help me")).await;
    let frames = page.until_answer("2").await;
    assert_eq!(frames, [json!({ "type": "ack", "id": "1" }), json!({ "type": "ack", "id": "2" })]);
    let last = site.echo.received.lock().expect("not poisoned").last().cloned().expect("received");
    assert_eq!(last.kind, EventKind::Command { name: "help".to_owned(), rest: "me".to_owned() });
}

#[tokio::test]
async fn a_reconnected_page_gets_every_missed_message_exactly_once() {
    let site = Server::start().await;
    let (mut first, token, seen) = site.new_page().await;
    // Two pages of the same chat.
    let (mut second, welcome) = site.page(Some(&token), 0).await;
    assert_eq!(welcome["token"], *token);
    assert_eq!(welcome["messages"].as_array().map(Vec::len), Some(2), "the whole history for a new window");
    assert_eq!(welcome["earlier"], false);
    first.send(message("1", "привет")).await;
    first.until_answer("1").await;
    assert_eq!(second.receive().await["text"], "привет");
    assert_eq!(second.receive().await["text"], "вы сказали: привет");
    drop(first);
    second.send(message("2", "ещё")).await;
    second.until_answer("2").await;
    let (_, welcome) = site.page(Some(&token), seen + 2).await;
    let texts: Vec<_> =
        welcome["messages"].as_array().expect("a list").iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["ещё", "вы сказали: ещё"]);
    assert_eq!(welcome["reset"], false);
    let (_, welcome) = site.page(Some(&token), 1_000_000).await;
    assert_eq!((&welcome["reset"], welcome["messages"].as_array().map(Vec::len)), (&json!(true), Some(6)));
}

#[tokio::test]
async fn an_invalid_token_opens_a_new_chat() {
    let site = Server::start().await;
    let (_, token, _) = site.new_page().await;
    for strange in ["", "1", "../../etc", "web:1"] {
        let (_, welcome) = site.page(Some(strange), 0).await;
        assert_eq!(welcome["token"].as_str().map(str::len), Some(64), "{strange}");
        assert_ne!(welcome["token"], *token);
        assert_eq!(welcome["messages"], json!([]));
    }
}

#[tokio::test]
async fn an_invalid_frame_gets_an_error_and_keeps_the_socket_open() {
    let site = Server::start().await;
    let mut page = site.open().await;
    page.send(message("1", "рано")).await;
    assert_eq!(page.receive().await["code"], "hello_first");
    page.0.send(Message::text("{")).await.expect("sent");
    assert_eq!(page.receive().await["code"], "bad_frame");
    let (mut page, _, _) = site.new_page().await;
    for nonsense in [
        "",
        "[]",
        "null",
        "{\"type\":\"message\"}",
        "{\"type\":\"rm\"}",
        "{\"type\":\"message\",\"id\":1,\"text\":\"a\"}",
    ] {
        page.0.send(Message::text(nonsense)).await.expect("sent");
        assert_eq!(page.receive().await["code"], "bad_frame", "{nonsense}");
    }
    page.0.send(Message::binary(vec![0, 159])).await.expect("sent");
    assert_eq!(page.receive().await["code"], "bad_frame");
    for frame in [message("", "a"), message(&"x".repeat(65), "a"), message("a\0", "a"), message("1", "   ")] {
        page.send(frame).await;
        assert_eq!(page.receive().await["code"], "bad_frame");
    }
    page.send(message("2", &"ы".repeat(4097))).await;
    assert_eq!(page.receive().await, json!({ "type": "error", "code": "too_long", "id": "2" }));
    page.send(message("3", &"ы".repeat(4096))).await;
    assert_eq!(page.receive().await["type"], "ack", "nothing of the above used up the pace");
}

#[tokio::test]
async fn a_long_frame_is_refused_and_a_huge_one_closes_the_socket() {
    let site = Server::start().await;
    let (mut page, _, _) = site.new_page().await;
    page.send(message("1", &"a".repeat(20_000))).await;
    assert_eq!(page.receive().await["code"], "too_long");
    page.send(message("2", "дальше")).await;
    page.until_answer("2").await;
    // The write may fail already, because the server has stopped reading.
    drop(page.0.send(Message::text("a".repeat(1_000_000))).await);
    let ended = async { while page.0.next().await.is_some_and(|frame| frame.is_ok()) {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("ended");
    // Other sockets are not affected.
    site.new_page().await;
}

#[tokio::test]
async fn too_many_messages_are_rate_limited() {
    let site = Server::start().await;
    let (mut page, _) = site.greeted().await;
    for n in 0..8 {
        page.send(message(&n.to_string(), "спам")).await;
    }
    let frames = page.until_answer("7").await;
    let count = |kind: &str| frames.iter().filter(|frame| frame["type"] == kind).count();
    assert!((5..=6).contains(&count("ack")), "{frames:?}");
    assert!(frames.iter().any(|frame| frame["code"] == "too_fast"), "{frames:?}");
}

#[tokio::test]
async fn a_message_that_could_not_be_stored_is_not_acknowledged() {
    let site = Server::start().await;
    let (mut page, _, _) = site.new_page().await;
    *site.echo.broken.lock().expect("not poisoned") = true;
    page.send(message("1", "раз")).await;
    assert_eq!(page.receive().await, json!({ "type": "error", "code": "unavailable", "id": "1" }));
    // The other pages are told too, and those that come later.
    assert_eq!(page.receive().await, json!({ "type": "state", "storing": false }));
    assert_eq!(site.page(None, 0).await.1["storing"], false);
    *site.echo.broken.lock().expect("not poisoned") = false;
    page.send(message("1", "раз")).await;
    assert_eq!(page.receive().await["type"], "ack");
    loop {
        let frame = page.receive().await;
        if frame["type"] == "state" {
            assert_eq!(frame["storing"], true);
            break;
        }
    }
}

#[tokio::test]
async fn only_allowed_origins_connect() {
    let site =
        Server::with(Options { hosts: vec!["shop.example".parse().expect("a host")], ..Options::default() })
            .await;
    let own = format!("http://{}", site.at);
    for (origin, welcome) in [
        (own.as_str(), true),
        ("https://shop.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let mut request = format!("ws://{}/ws", site.at).into_client_request().expect("a request");
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
        assert_eq!(connect_async(request).await.is_ok(), welcome, "{origin}");
    }
}

#[tokio::test]
async fn the_number_of_sockets_is_bounded_and_permits_are_released() {
    let site = Server::with(Options { sockets: 1, ..Options::default() }).await;
    let (page, _, _) = site.new_page().await;
    assert!(connect_async(format!("ws://{}/ws", site.at)).await.is_err());
    drop(page);
    let again = async {
        while connect_async(format!("ws://{}/ws", site.at)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("the place is free again");
}

#[tokio::test]
async fn a_page_that_answers_no_ping_is_disconnected() {
    let site = Server::with(Options { ping: Duration::from_millis(50), ..Options::default() }).await;
    let (page, _, _) = site.new_page().await;
    assert_eq!(site.echo.channel.connected(), 1);
    // A client that is not polled does not answer pings.
    let gone = async {
        while site.echo.channel.connected() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("let go");
    drop(page);
}

#[tokio::test]
async fn the_page_is_served_with_security_headers() {
    let site = Server::with(Options {
        title: Localized { ru: "Насосы & <b>Ко</b>".to_owned(), en: "Pumps".to_owned() },
        ..Options::default()
    })
    .await;
    let get = |path: &str| reqwest::get(format!("http://{}{path}", site.at));
    let response = get("/").await.expect("served");
    let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let images =
        policy.split(';').find(|part| part.trim().starts_with("img-src")).expect("a rule for images");
    assert_eq!(images.trim(), "img-src 'self' data:", "images come from this server only");
    let html = response.text().await.expect("text");
    assert!(html.contains("Насосы &amp; &lt;b&gt;Ко&lt;/b&gt;") && !html.contains("{{"), "{html}");
    for (path, kind) in [("/chat.css", "text/css"), ("/chat.js", "text/javascript")] {
        let response = get(path).await.expect("served");
        assert!(response.status().is_success());
        assert!(response.headers()["content-type"].to_str().expect("text").starts_with(kind));
        assert!(html.contains(path.trim_start_matches('/')));
        let text = response.text().await.expect("text");
        assert!(
            !text.contains("innerHTML") && !text.contains("insertAdjacentHTML") && !text.contains("eval(")
        );
    }
}
