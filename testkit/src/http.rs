//! An HTTP server on the loopback whose answers come from a closure. Shared by the fakes.

use std::future::Future;

use axum::{
    Json, Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Serves until the Tokio runtime ends; returns the base URL, such as `http://127.0.0.1:1234`. The closure gets the
/// path, the headers and the body: JSON as it is, a multipart form as an object, anything else as null. It returns the
/// status and the JSON body.
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
    // The fakes decide themselves what is too large.
    let router = router.layer(DefaultBodyLimit::disable());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
    url
}

/// The boundary of a multipart form (RFC 7578).
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get("content-type")?.to_str().ok()?;
    let boundary = kind.strip_prefix("multipart/form-data")?.split_once("boundary=")?.1;
    Some(boundary.trim_matches('"').to_owned())
}

/// The fields of a form: texts as strings, files as `{ file, media, bytes }` with the file name, media type and size in
/// bytes.
fn form(body: &[u8], boundary: &str) -> Value {
    // One char per byte, so that binary content survives. Files are only counted.
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
