//! The HTML page and its assets, served with a Content-Security-Policy that blocks any other script.

use axum::{
    extract,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY},
    },
    response::{IntoResponse, Response},
};

use tolmach_engine::{catalog::Localized, language::Language};

use super::State;

/// Content-Security-Policy. Everything comes from this server: a photo on another host would tell that host the client's
/// address. Inline scripts and styles are blocked.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

pub(super) async fn html(
    extract::State(state): extract::State<State>,
    path: Option<extract::Path<String>>,
) -> Response {
    let options = &state.channel.options;
    let Some((name, site)) = state.channel.site(path) else { return unknown() };
    let title = if site.title == Localized::default() { &options.title } else { &site.title };
    let languages: Vec<&str> = site.languages.iter().map(|language| language.code()).collect();
    let first = site.languages.first().copied().unwrap_or_default();
    let page = include_str!("assets/chat.html")
        .replace("{{site}}", &escape(&name))
        .replace("{{languages}}", &languages.join(" "))
        .replace("{{title}}", &escape(title.get(first)))
        .replace("{{title.ru}}", &escape(title.get(Language::Ru)))
        .replace("{{title.en}}", &escape(title.get(Language::En)));
    asset("text/html; charset=utf-8", page)
}

pub(super) async fn css(
    extract::State(state): extract::State<State>,
    path: Option<extract::Path<String>>,
) -> Response {
    let Some((_, site)) = state.channel.site(path) else { return unknown() };
    asset("text/css; charset=utf-8", site.colours.apply(include_str!("assets/chat.css")))
}

/// The page's scripts, by name.
pub(super) const SCRIPTS: [(&str, &str); 5] = [
    ("chat.js", include_str!("assets/chat.js")),
    ("follow.js", include_str!("assets/follow.js")),
    ("parts.js", include_str!("assets/parts.js")),
    ("view.js", include_str!("assets/view.js")),
    ("words.js", include_str!("assets/words.js")),
];

/// The response with one of [`SCRIPTS`].
pub(super) async fn script(
    script: &'static str,
    extract::State(state): extract::State<State>,
    path: Option<extract::Path<String>>,
) -> Response {
    if state.channel.site(path).is_none() {
        return unknown();
    }
    asset("text/javascript; charset=utf-8", script.to_owned())
}

/// Redirects to the site's page, whose relative URLs need the slash at the end.
pub(super) async fn with_slash(
    extract::State(state): extract::State<State>,
    path: extract::Path<String>,
) -> Response {
    match state.channel.site(Some(path)) {
        Some((name, _)) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, format!("{name}/"))]).into_response(),
        None => unknown(),
    }
}

/// The response where there is no such site.
pub(super) fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "there is no such site").into_response()
}

fn asset(kind: &'static str, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
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
