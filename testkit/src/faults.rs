//! An HTTP server whose answers follow a script, down to the bytes: slow, truncated, malformed or missing answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The answer to one request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status with a JSON body.
    Json(u16, Value),
    /// The same with one more header line, such as `retry-after: 3600`.
    Header(u16, &'static str, Value),
    /// A status with an HTML body.
    Text(u16, &'static str),
    /// No answer; the connection closes after 60 seconds.
    Hang,
    /// A valid answer, one byte per interval.
    Drip(Value, Duration),
    /// The connection closes in the middle of the body.
    Cut,
    /// Bytes that are not HTTP.
    Garbage,
    /// A body of 2 MiB.
    Huge,
}

/// A server that follows a script. After the end of the script the last answer repeats.
#[derive(Clone)]
pub struct Scripted {
    /// Base URL, such as `http://127.0.0.1:1234`.
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// Request line and headers.
    pub head: String,
    /// The JSON body; null if there was none.
    pub body: Value,
}

impl Scripted {
    /// Starts a server with this script.
    pub async fn start(script: Vec<Answer>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let scripted = Scripted { url, seen: Arc::default() };
        let serving = scripted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serving, script) = (serving.clone(), script.clone());
                tokio::spawn(async move { serving.serve(stream, &script).await });
            }
        });
        scripted
    }

    /// All requests so far, in order.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("not poisoned").clone()
    }

    async fn serve(&self, mut stream: TcpStream, script: &[Answer]) {
        let Some(request) = request(&mut stream).await else { return };
        let number = {
            let mut seen = self.seen.lock().expect("not poisoned");
            seen.push(request);
            seen.len() - 1
        };
        let Some(answer) = script.get(number).or(script.last()) else { return };
        // The client may have stopped reading; some tests do that on purpose.
        drop(say(&mut stream, answer).await);
    }
}

async fn request(stream: &mut TcpStream) -> Option<Request> {
    let mut data = Vec::new();
    loop {
        if stream.read_buf(&mut data).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&data);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            let body = serde_json::from_str(body).unwrap_or_default();
            return Some(Request { head: head.to_owned(), body });
        }
    }
}

async fn say(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    let reply = |status: u16, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    let json = "content-type: application/json\r\n";
    let text = match answer {
        Answer::Json(status, body) => reply(*status, json, &body.to_string()),
        Answer::Header(status, header, body) => reply(*status, &format!("{header}\r\n"), &body.to_string()),
        Answer::Text(status, body) => reply(*status, "content-type: text/html\r\n", body),
        Answer::Hang => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return Ok(());
        }
        Answer::Drip(body, pause) => {
            for byte in reply(200, json, &body.to_string()).bytes() {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(*pause).await;
            }
            return Ok(());
        }
        Answer::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"choices\": [".to_owned(),
        Answer::Garbage => "\u{0}\u{1}\u{2} no HTTP at all\r\n\r\n".to_owned(),
        Answer::Huge => reply(200, "", &" ".repeat(2 * 1024 * 1024)),
    };
    stream.write_all(text.as_bytes()).await
}
