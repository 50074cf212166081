//! The HTML page and its assets, served with a Content-Security-Policy that blocks any other script.

use axum::{
    extract,
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
    response::{IntoResponse, Response},
};

use tolmach_engine::language::Language;

use super::State;

/// Content-Security-Policy. Photos may come from any host; everything else only from this server. Inline scripts and
/// styles are blocked.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src https: http: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

pub(super) async fn html(extract::State(state): extract::State<State>) -> Response {
    let title = &state.channel.options.title;
    let page = include_str!("assets/chat.html")
        .replace("{{title.ru}}", &escape(title.get(Language::Ru)))
        .replace("{{title.en}}", &escape(title.get(Language::En)));
    asset("text/html; charset=utf-8", page)
}

pub(super) async fn css() -> Response {
    asset("text/css; charset=utf-8", include_str!("assets/chat.css").to_owned())
}

pub(super) async fn js() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("assets/chat.js").to_owned())
}

fn asset(kind: &'static str, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

/// Escapes text for HTML, including attribute values.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
