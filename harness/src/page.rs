//! A client of the web chat. The protocol is described in `channels/src/web.rs`.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// Time limit of a connection, a greeting and an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An open chat that has received its greeting.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
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
    /// Opens a new chat and waits for its greeting.
    ///
    /// # Errors
    /// If the connection fails, or there is no greeting within 30 seconds.
    pub async fn open(address: &str) -> Result<Page, Failure> {
        // Small buffers, because thousands of pages run in one process.
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
        let connecting = connect_async_with_config(format!("ws://{address}/ws"), Some(config), true);
        let connected = timeout(TIMEOUT, connecting).await.map_err(|_| "no connection in time".to_owned())?;
        let (socket, _) = connected.map_err(|why| format!("no connection: {why}"))?;
        let mut page = Page { socket, said: 0 };
        page.send(json!({ "type": "hello", "language": "ru" })).await?;
        let greeted = async {
            while page.receive().await?["type"] != "greeting" {}
            Ok::<_, Failure>(())
        };
        timeout(TIMEOUT, greeted).await.map_err(|_| "no greeting in time".to_owned())??;
        Ok(page)
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

    async fn send(&mut self, frame: Value) -> Result<(), Failure> {
        self.socket.send(Message::text(frame.to_string())).await.map_err(|_| "let go".to_owned())
    }

    async fn receive(&mut self) -> Result<Value, Failure> {
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

fn is_bots(frame: &Value) -> bool {
    frame["type"] == "message" && frame["who"] == "bot"
}
