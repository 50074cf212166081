//! What the fakes share: an HTTP server on this machine that answers as a closure tells it to.

use std::future::Future;

use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Serves until the test ends; returns the address, as `http://127.0.0.1:1234`. The closure is given the path, the
/// headers and the body: JSON, a form of several parts as an object, and null for anything else.
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
            let body = match boundary(&headers) {
                Some(boundary) => form(&body, &boundary),
                None => serde_json::from_slice(&body).unwrap_or_default(),
            };
            let (status, value) = answer(uri.path().to_owned(), headers, body).await;
            (StatusCode::from_u16(status).expect("a status"), Json(value))
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
    url
}

/// What parts a form, after RFC 7578.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get("content-type")?.to_str().ok()?;
    let boundary = kind.strip_prefix("multipart/form-data")?.split_once("boundary=")?.1;
    Some(boundary.trim_matches('"').to_owned())
}

/// A form's texts as texts, and its files as `{ file, media, bytes }` with the number of their bytes.
fn form(body: &[u8], boundary: &str) -> Value {
    // Bytes as letters, one each: files are only counted.
    let body: String = body.iter().map(|byte| char::from(*byte)).collect();
    let text = |letters: &str| {
        let bytes: Vec<u8> = letters.chars().map(|letter| u8::try_from(letter).unwrap_or_default()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut fields = Map::new();
    for part in body.split(&format!("--{boundary}")) {
        let Some((head, content)) = part.split_once("\r\n\r\n") else { continue };
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        let quoted = |name: &str| {
            let (_, after) = head.split_once(&format!("; {name}=\""))?;
            Some(text(after.split('"').next()?))
        };
        let Some(name) = quoted("name") else { continue };
        let media = head.lines().find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            header.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
        });
        let value = match quoted("filename") {
            Some(file) => json!({ "file": file, "media": media, "bytes": content.chars().count() }),
            None => text(content).into(),
        };
        fields.insert(name, value);
    }
    fields.into()
}
