//! Styles, scripts and icons, compiled in. Their addresses carry a hash, so that browsers keep them for a year.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// The files' versions by name.
#[derive(Debug)]
pub(crate) struct Versions(BTreeMap<String, String>);

impl Versions {
    pub(crate) fn new() -> Versions {
        let versions = Files::iter().filter_map(|name| {
            let hash = blake3::hash(&Files::get(&name)?.data).to_hex();
            Some((name.into_owned(), hash.chars().take(10).collect()))
        });
        Versions(versions.collect())
    }

    /// The address of a file.
    pub(crate) fn address(&self, name: &str) -> String {
        let version = self.0.get(name).map(String::as_str).unwrap_or_default();
        format!("/admin/assets/{name}?v={version}")
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The response with a file.
pub(crate) fn serve(name: &str) -> Response {
    let Some(file) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, Body::from(file.data.into_owned())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of all files and of one page's markup is bounded in the browser's tests; here that nothing is forgotten.
    #[test]
    fn every_file_has_a_version_and_a_type() {
        let versions = Versions::new();
        for name in Files::iter() {
            assert!(versions.address(&name).len() > name.len() + 20, "{name}");
            assert_ne!(serve(&name).headers()[CONTENT_TYPE], "application/octet-stream", "{name}");
        }
        assert_eq!(serve("../Cargo.toml").status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for name in Files::iter() {
            let data = Files::get(&name).unwrap().data;
            let text = String::from_utf8_lossy(&data);
            let text = text.replace("http://www.w3.org/", "").replace("https://www.w3.org/", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{name}");
        }
    }
}
