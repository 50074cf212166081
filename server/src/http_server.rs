//! The HTTP server: accepts connections and serves requests within bounds of number, time and memory.
//!
//! `axum::serve` is not used, because it has neither. Not here: what a request may ask, and how often, which
//! [`tolmach_channels::web::protected`] decides.

mod body;
mod stream;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tolmach_channels::web::{Counted, Guard};
use tower_service::Service;

use stream::BoundedStream;

/// Memory of a connection for a request's head, and for response bytes that the client has not read, in bytes. hyper's
/// default is 400 KB.
const BUFFER: usize = 16 * 1024;
/// Pause after a connection could not be accepted, usually because there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the head of a request, counted from the connection or the response before: also the time that an idle
    /// connection is kept.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// That the server waits for a client which does not read, beyond a minimum rate; see [`stream`].
    pub write: Duration,
    /// For requests in hand when the server stops.
    pub drain: Duration,
}

impl Default for Timeouts {
    /// 10 seconds each, 2 at the end.
    fn default() -> Timeouts {
        let ten = Duration::from_secs(10);
        Timeouts { head: ten, body: ten, write: ten, drain: Duration::from_secs(2) }
    }
}

/// Serves `app` until `stop` becomes true; then no connection is accepted, and requests in hand are answered within
/// [`Timeouts::drain`]. Connections that became WebSockets are not waited for.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    guard: Arc<Guard>,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) {
    let app = body::bounded(app, timeouts.body);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => match guard.connection(peer.ip()) {
                Ok(counted) => {
                    let served = connection(stream, peer, app.clone(), counted, timeouts, stop.clone());
                    connections.spawn(served);
                }
                Err(refused) => refuse(stream, refused.status().as_u16()),
            },
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // What is left is dropped with the set.
    let _ = tokio::time::timeout(timeouts.drain, ended).await;
}

/// Serves one connection until it ends or becomes a WebSocket.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    counted: Counted,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) {
    // Small frames must not wait for the acknowledgement of those before them.
    let _ = stream.set_nodelay(true);
    let stream = BoundedStream::new(stream, timeouts.write, counted);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        app.clone().call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(timeouts.head).max_buf_size(BUFFER);
    let serving = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Waits until the server stops, or until nobody can say so any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Answers in one piece, as far as the system takes it without waiting, and closes the connection.
fn refuse(stream: TcpStream, status: u16) {
    use std::io::Write;
    let (reason, text) = match status {
        429 => ("Too Many Requests", "too many connections\n"),
        _ => ("Service Unavailable", "too many clients at once\n"),
    };
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nretry-after: 10\r\n\
         connection: close\r\n\r\n{text}",
        text.len()
    );
    // The socket stays in non-blocking mode: a client that does not read gets nothing.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(answer.as_bytes());
    }
}

/// Whether a connection ended before it was accepted.
fn is_of_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
