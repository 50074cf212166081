//! What the fakes share: an HTTP server on this machine that answers as a closure tells it to.

use std::future::Future;

use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::Value;
use tokio::net::TcpListener;

/// Serves until the test ends; returns the address, as `http://127.0.0.1:1234`. The closure is given the path, the
/// headers and the body, which is null where it is no JSON.
pub async fn serve<F, A>(answer: F) -> String
where
    F: Fn(String, HeaderMap, Value) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = (u16, Value)> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let answer = answer.clone();
        async move {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            let (status, value) = answer(uri.path().to_owned(), headers, body).await;
            (StatusCode::from_u16(status).expect("a status"), Json(value))
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
    url
}
