//! A client of the web chat. The protocol is described in `channels/src/web.rs`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// Time limit of a connection, a greeting and an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The address of this machine from which clients connect, unless another one is named. On Linux all of 127.0.0.0/8 is this
/// machine, so that clients can be told apart by address.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Messages of ordinary clients.
pub const WORDS: [&str; 10] = [
    "нужен перфоратор до 20 тысяч",
    "ищу сварочный инвертор",
    "какой насос для скважины посоветуете?",
    "есть ли доставка в Казань?",
    "дрель аккумуляторная",
    "какая гарантия?",
    "бензиновый генератор до 60 тысяч",
    "/help",
    "нужна болгарка 125 мм",
    "как оплатить?",
];

/// A page of the web chat.
pub struct Page {
    socket: WebSocketStream<TcpStream>,
    said: u64,
}

/// Latencies of one message.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Until it was acknowledged.
    pub ack: Duration,
    /// Until the bot's first message.
    pub answer: Duration,
}

/// Why a page failed: a short text, so that failures can be counted by reason.
pub type Failure = String;

impl Page {
    /// Opens a new chat from an address of this machine and waits for its greeting.
    ///
    /// # Errors
    /// If the connection fails, or there is no greeting within 30 seconds.
    pub async fn open(address: &str, from: IpAddr) -> Result<Page, Failure> {
        let mut page = Page::connect(address, from).await?;
        page.send(json!({ "type": "hello", "language": "ru" })).await?;
        page.wait_for("greeting").await?;
        Ok(page)
    }

    /// Opens a socket and says nothing.
    ///
    /// # Errors
    /// If the connection fails or is refused.
    pub async fn connect(address: &str, from: IpAddr) -> Result<Page, Failure> {
        // Small buffers, because thousands of pages run in one process.
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
        let connecting = async {
            let stream = connect(address, from).await.map_err(|why| format!("no connection: {why}"))?;
            let upgraded = client_async_with_config(format!("ws://{address}/ws"), stream, Some(config)).await;
            upgraded.map_err(|why| format!("no connection: {why}"))
        };
        let (socket, _) =
            timeout(TIMEOUT, connecting).await.map_err(|_| "no connection in time".to_owned())??;
        Ok(Page { socket, said: 0 })
    }

    /// Reads frames until one of this type, and returns it.
    ///
    /// # Errors
    /// If the server disconnects the page, or there is none within 30 seconds.
    pub async fn wait_for(&mut self, kind: &str) -> Result<Value, Failure> {
        let found = async {
            loop {
                let frame = self.receive().await?;
                if frame["type"] == kind {
                    return Ok(frame);
                }
            }
        };
        timeout(TIMEOUT, found).await.map_err(|_| format!("no {kind} in time"))?
    }

    /// Sends a message and waits for the acknowledgement and the bot's first reply.
    ///
    /// # Errors
    /// If the message is refused, or not answered within 30 seconds.
    pub async fn ask(&mut self, text: &str) -> Result<Answered, Failure> {
        self.said += 1;
        let id = self.said.to_string();
        let sent = Instant::now();
        self.send(json!({ "type": "message", "id": id, "text": text })).await?;
        let answered = async {
            let (mut ack, mut answer, mut said) = (None, None, false);
            loop {
                let frame = self.receive().await?;
                if frame["type"] == "error" {
                    return Err(format!("refused: {}", frame["code"].as_str().unwrap_or_default()));
                }
                if frame["type"] == "ack" && frame["id"] == id.as_str() {
                    ack = Some(sent.elapsed());
                }
                // Before the first answer of a chat its greeting comes once more, as it was stored.
                said |= frame["who"] == "client" && frame["text"] == text;
                if said && is_bots(&frame) {
                    answer = answer.or(Some(sent.elapsed()));
                }
                if let (Some(ack), Some(answer)) = (ack, answer) {
                    return Ok(Answered { ack, answer });
                }
            }
        };
        timeout(TIMEOUT, answered).await.map_err(|_| "no answer in time".to_owned())?
    }

    /// Reads frames until `over` completes. Reading also answers the server's pings.
    ///
    /// # Errors
    /// If the server disconnects the page.
    pub async fn until<F: Future>(&mut self, over: F) -> Result<F::Output, Failure> {
        let reading = async {
            loop {
                if let Err(why) = self.receive().await {
                    return why;
                }
            }
        };
        tokio::select! {
            biased;
            output = over => Ok(output),
            why = reading => Err(why),
        }
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// If the server has disconnected the page.
    pub async fn send(&mut self, frame: Value) -> Result<(), Failure> {
        self.socket.send(Message::text(frame.to_string())).await.map_err(|_| "let go".to_owned())
    }

    /// Reads the next frame.
    ///
    /// # Errors
    /// If the server disconnects the page, or the frame is no JSON.
    pub async fn receive(&mut self) -> Result<Value, Failure> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str()).map_err(|_| "no JSON".to_owned());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err("let go".to_owned()),
            }
        }
    }
}

/// Connects to the server from an address of this machine.
///
/// # Errors
/// If the server does not accept, or the address is none of this machine's.
pub async fn connect(address: &str, from: IpAddr) -> std::io::Result<TcpStream> {
    let to: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if from != HERE {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn is_bots(frame: &Value) -> bool {
    frame["type"] == "message" && frame["who"] == "bot"
}
