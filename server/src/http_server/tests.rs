//! Tests over sockets on the loopback, with timeouts of a fraction of a second.

use std::time::Instant;

use axum::{body::Bytes, http::StatusCode, routing::get};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tolmach_channels::web::{Limits, Proxies};

use super::*;

const SHORT: Duration = Duration::from_millis(300);
/// A bound that only fails when nothing ends the wait.
const LONG: Duration = Duration::from_secs(20);

struct Server {
    at: SocketAddr,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Server {
        Server::patient(limits, SHORT).await
    }

    /// One that waits for so long for clients that do not read.
    async fn patient(limits: Limits, write: Duration) -> Server {
        let app = Router::new()
            .route("/", get(async || "hello").post(async |body: Bytes| body.len().to_string()))
            .route("/large", get(large))
            .route("/slow", get(async || tokio::time::sleep(SHORT).await));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let guard = Arc::new(Guard::new(limits, Proxies::default()));
        let timeouts = Timeouts { head: SHORT, body: SHORT, write, drain: LONG };
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(serve(listener, app, guard, timeouts, stopped));
        Server { at, stop, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }
}

/// 64 MB: more than the buffers of both sides of a connection.
async fn large() -> Body {
    let piece = Bytes::from(vec![0; 64 * 1024]);
    Body::from_stream(stream::iter((0..1024).map(move |_| Ok::<_, std::io::Error>(piece.clone()))))
}

fn few(connections: usize, each: usize) -> Limits {
    let mut limits = Limits { connections, ..Limits::default() };
    limits.address.connections = each;
    limits
}

/// All that comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends the connection too.
    let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_slow_head_and_an_idle_connection_are_closed() {
    let server = Server::start(Limits::default()).await;
    let mut idle = server.connect().await;
    let mut slow = server.connect().await;
    let dripping = async {
        for byte in
            b"GET / HTTP/1.1\r\nhost: a\r\nx-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"
        {
            if slow.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
        rest(&mut slow).await
    };
    let (dripped, nothing) = tokio::join!(dripping, rest(&mut idle));
    assert!(!dripped.contains("200 OK"), "{dripped}");
    assert_eq!(nothing, "");
    let mut kept = server.connect().await;
    kept.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // The connection is kept after the response, and closed when nothing follows.
    assert!(rest(&mut kept).await.ends_with("hello"));
}

#[tokio::test]
async fn a_slow_or_large_body_is_refused() {
    let server = Server::start(Limits::default()).await;
    let post = async |head: &str, body: &[u8]| {
        let mut stream = server.connect().await;
        stream.write_all(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
        let _ = stream.write_all(body).await;
        rest(&mut stream).await
    };
    assert!(post("content-length: 5\r\nconnection: close", b"12345").await.ends_with("\r\n\r\n5"));
    assert!(post("content-length: 5", b"123").await.contains(StatusCode::REQUEST_TIMEOUT.as_str()));
    assert!(post("content-length: 99999999", b"1").await.contains(StatusCode::PAYLOAD_TOO_LARGE.as_str()));
    let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
    let answer = post("transfer-encoding: chunked", chunk.as_bytes()).await;
    assert!(answer.contains(StatusCode::PAYLOAD_TOO_LARGE.as_str()), "{answer}");
    let answer = post("transfer-encoding: chunked", b"5\r\n12").await;
    assert!(answer.contains(StatusCode::REQUEST_TIMEOUT.as_str()), "{answer}");
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let server = Server::start(Limits::default()).await;
    let mut stream = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx-filler: {}\r\n\r\n", "a".repeat(2 * BUFFER));
    let _ = stream.write_all(head.as_bytes()).await;
    assert!(!rest(&mut stream).await.contains("200 OK"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let server = Server::start(few(100, 1)).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // The place of the connection is free again once the server has given up, although nothing was read.
    let deadline = Instant::now() + LONG;
    loop {
        let mut other = server.connect().await;
        let _ = other.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        if rest(&mut other).await.contains("200 OK") {
            break;
        }
        assert!(Instant::now() < deadline, "the connection is still open");
        tokio::time::sleep(SHORT / 10).await;
    }
}

#[tokio::test]
async fn a_client_that_reads_gets_all_of_a_large_response() {
    let server = Server::patient(Limits::default(), LONG).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut buffer) = (0, vec![0; 1 << 20]);
    // Each pause is within the budget.
    for _ in 0..8 {
        tokio::time::sleep(SHORT / 3).await;
        read += stream.read(&mut buffer).await.unwrap();
    }
    let mut left = Vec::new();
    stream.read_to_end(&mut left).await.unwrap();
    assert!(read + left.len() > 64 << 20, "{}", read + left.len());
}

#[tokio::test]
async fn connections_are_bounded_in_all_and_by_address() {
    let server = Server::start(few(100, 2)).await;
    let first = server.connect().await;
    let _second = server.connect().await;
    assert!(rest(&mut server.connect().await).await.starts_with("HTTP/1.1 429 "));
    drop(first);
    let server = Server::start(few(1, 2)).await;
    let _first = server.connect().await;
    assert!(rest(&mut server.connect().await).await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn requests_in_hand_are_answered_when_the_server_stops() {
    let server = Server::start(Limits::default()).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // The request must have arrived before the server stops.
    tokio::time::sleep(SHORT / 3).await;
    server.stop.send_replace(true);
    assert!(rest(&mut busy).await.contains("200 OK"));
    tokio::time::timeout(LONG, server.served).await.expect("ended").unwrap();
    assert!(TcpStream::connect(server.at).await.is_err());
}
