//! The gate before every route: who asks, what they may, whether the request is our own page's, and the headers of the answer.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION, ORIGIN,
            REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;
use tolmach_app::accounts::{self, Permission};

use crate::{
    Panel, Peer,
    context::{RequestParts, Visit, token_of},
    cookies::Cookie,
    error::Failure,
    pages,
    routes::MAX_TEXT,
    takes_text,
};

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: the pages before a login, and files.
    Nothing,
    /// A name and a password, but no code yet.
    Password,
    /// A login of a role that may do this.
    Permission(Permission),
}

/// A gate of one route.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) panel: Arc<Panel>,
    pub(crate) needs: Needs,
    /// Whether it is a route of the API, which takes access tokens.
    pub(crate) api: bool,
    /// Whether it changes something.
    pub(crate) changes: bool,
    /// Whether the handler checks the form token itself, in the first field of an upload.
    pub(crate) streams: bool,
}

/// Everything comes from this server, nothing is inline, no other site may frame a page or get a form's content.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The most bytes of a form that is no upload.
const MAX_FORM: usize = 64 * 1024;

/// The header in which scripts bring the form token.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-csrf");

pub(crate) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let panel = Arc::clone(&gate.panel);
    let unknown = Peer { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), https: false };
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(unknown);
    let headers = request.headers().clone();
    let here = request.uri().path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    // Where there is a token it alone counts, and the answer is for a program.
    let token = gate.api.then(|| bearer(&headers)).flatten();
    let wants_page = wants_page(&headers) && token.is_none();

    let identified = match token {
        Some(token) => {
            by_token(&panel, token, peer).await.map(|session| (Some(session), String::new(), false))
        }
        None => identify(&panel, &headers, peer).await,
    };
    let (session, cookie, fresh) = match identified {
        Ok(identified) => identified,
        Err(failure) => {
            let visit = Visit::new(
                &panel,
                RequestParts { headers: &headers, peer, here: &here },
                None,
                String::new(),
            );
            let answer = refused(&gate, &panel, &visit, (&failure, wants_page)).await;
            return finish(answer, None, peer);
        }
    };
    let parts = RequestParts { headers: &headers, peer, here: &here };
    let visit = Visit::new(&panel, parts, session, cookie);
    let response = match admit(&gate, &visit, request).await {
        Ok(request) => next.run(request).await,
        Err(Refused::Failure(failure)) => failure.into_response(),
        Err(Refused::LogIn) if wants_page && headers_are_of_get(&headers, &here) => {
            see_other(&format!("/admin/login?next={}", encode(&here)))
        }
        Err(Refused::LogIn) if gate.api && Cookie::Login.of(&headers, peer.https).is_none() => {
            Failure::NoToken.into_response()
        }
        Err(Refused::LogIn) => Failure::LoggedOut.into_response(),
        Err(Refused::Code) => see_other("/admin/login/code"),
    };
    let response = match response.extensions().get::<Failure>().cloned() {
        Some(failure) => refused(&gate, &panel, &visit, (&failure, wants_page)).await,
        None => response,
    };
    finish(response, fresh.then_some(visit.cookie.as_str()), peer)
}

enum Refused {
    /// Nobody is logged in.
    LogIn,
    /// The code of the second factor is missing.
    Code,
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        Refused::Failure(failure)
    }
}

/// The session of a request and the cookie that its forms belong to. `true` when that cookie is a new one.
async fn identify(
    panel: &Panel,
    headers: &HeaderMap,
    peer: Peer,
) -> Result<(Option<accounts::Session>, String, bool), Failure> {
    if let Some(token) = Cookie::Login.of(headers, peer.https)
        && let Some(session) = accounts::session(panel.store(), panel.now(), &token).await?
    {
        return Ok((Some(session), token, false));
    }
    if let Some(visit) = Cookie::Visit.of(headers, peer.https) {
        return Ok((None, visit, false));
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Unavailable)?;
    Ok((None, data_encoding::HEXLOWER.encode(&bytes), true))
}

/// The token that a request brings: `Authorization: Bearer`. Other schemes are a proxy's.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?;
    // A header that is no text is a token that nobody has.
    let text = value.to_str().unwrap_or("Bearer ?");
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The session of a token. Wrong ones are counted by address, as attempts to log in are.
async fn by_token(panel: &Panel, token: &str, peer: Peer) -> Result<accounts::Session, Failure> {
    if let Some(session) = accounts::token_session(panel.store(), panel.now(), token).await? {
        return Ok(session);
    }
    match panel.limits.wrong_token(peer.address) {
        Ok(()) => {
            tracing::warn!(target: "security", address = %peer.address, "a wrong access token for the API");
            Err(Failure::BadToken)
        }
        Err(wait) => {
            tracing::warn!(target: "security", address = %peer.address, "too many wrong access tokens for the API");
            Err(Failure::TooMany(wait.as_secs().saturating_add(1)))
        }
    }
}

/// Lets a request through that may pass, with its [`Visit`].
async fn admit(gate: &Gate, visit: &Visit, mut request: Request) -> Result<Request, Refused> {
    match (gate.needs, &visit.session) {
        (Needs::Nothing, _) | (Needs::Password, Some(_)) => {}
        (_, None) => return Err(Refused::LogIn),
        (Needs::Permission(_), Some(session)) if !session.login.passed => return Err(Refused::Code),
        (Needs::Permission(what), Some(session)) if !session.may(what) => {
            return Err(Failure::Forbidden(what).into());
        }
        (Needs::Permission(_), Some(_)) => {}
    }
    if let Some(session) = visit.session.as_ref().filter(|session| session.token.is_some()) {
        if gate.changes && session.only_reads() {
            return Err(Failure::ReadOnly.into());
        }
    // A token is sent by a program on purpose: no page of another site can make a browser do it.
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if !is_own(request.headers()) {
            return Err(Failure::Foreign.into());
        }
        request = with_token(request, visit, gate.streams).await?;
    }
    request.extensions_mut().insert(visit.clone());
    Ok(request)
}

/// Whether a request comes from a page of this server. Browsers say so in a header that no page can set.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        // Older browsers send it of secure pages only, and `Origin` with every POST.
        None => match (text(ORIGIN), text(HOST)) {
            (Some(origin), Some(host)) => {
                origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host)
            }
            _ => false,
        },
    }
}

/// Checks the form token: in a header, or in the form, which is read for it and put back. Where the handler `streams` an upload it
/// stands in the first field, and the handler checks it.
async fn with_token(request: Request, visit: &Visit, streams: bool) -> Result<Request, Failure> {
    if let Some(token) = request.headers().get(TOKEN_HEADER) {
        return if is_token(token.as_bytes(), visit) { Ok(request) } else { Err(Failure::Expired) };
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if streams && kind.starts_with("multipart/form-data") {
        return Ok(request);
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Failure::Expired);
    }
    let (parts, body) = request.into_parts();
    let most = if takes_text(parts.uri.path()) { MAX_TEXT } else { MAX_FORM };
    let bytes = to_bytes(body, most).await.map_err(|_| Failure::Bad("error.too_large"))?;
    let token = bytes.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"csrf="));
    match token {
        Some(token) if is_token(token, visit) => Ok(Request::from_parts(parts, Body::from(bytes))),
        _ => Err(Failure::Expired),
    }
}

/// Whether a token is that of the request's cookie; compared in constant time.
pub(crate) fn is_token(token: &[u8], visit: &Visit) -> bool {
    token_of(&visit.cookie).as_bytes().ct_eq(token).into()
}

/// Whether the answer is to be shown as a page: a navigation. A script gets JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let text = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => text("accept").is_some_and(|accept| accept.contains("text/html")),
    }
}

/// A form that was sent after the login ended must not become a GET of its address.
fn headers_are_of_get(headers: &HeaderMap, here: &str) -> bool {
    !headers.contains_key(CONTENT_TYPE) && here.starts_with("/admin")
}

/// What is answered to a request that is not served.
async fn refused(gate: &Gate, panel: &Panel, visit: &Visit, (failure, page): (&Failure, bool)) -> Response {
    let mut answer = told(panel, visit, failure, page).await;
    if let Failure::TooMany(seconds) = failure {
        answer.headers_mut().insert(RETRY_AFTER, (*seconds).into());
    }
    if gate.api && answer.status() == StatusCode::UNAUTHORIZED {
        let asked = match failure {
            Failure::BadToken => "Bearer realm=\"tolmach\", error=\"invalid_token\"",
            _ => "Bearer realm=\"tolmach\"",
        };
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(asked));
    }
    answer
}

async fn told(panel: &Panel, visit: &Visit, failure: &Failure, page: bool) -> Response {
    if page {
        return pages::error::page(panel, visit, failure).await;
    }
    let message = panel.renderer.text(visit.language, failure.key());
    let mut error = serde_json::json!({ "error": message, "key": failure.key() });
    let help = format!("{}.about", failure.key());
    if panel.renderer.has(&help) {
        error["help"] = panel.renderer.text(visit.language, &help).into();
    }
    match failure {
        Failure::Because(_, detail) => error["detail"] = detail.as_str().into(),
        Failure::Conflict(both) => error["conflict"] = both.clone(),
        _ => {}
    }
    (failure.status(), Json(error)).into_response()
}

/// Adds what every answer has.
fn finish(mut response: Response, visit: Option<&str>, peer: Peer) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(cookie) = visit.and_then(|visit| Cookie::Visit.set(Some(visit), peer.https)) {
        headers.append(SET_COOKIE, cookie);
    }
    response
}

/// A redirect to an address of the panel after a form, or to the login.
pub(crate) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/admin/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// An address of the panel that somebody may be sent to; anything else becomes the first page.
pub(crate) fn own_path(path: &str) -> &str {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let inside = path == "/admin" || path.starts_with("/admin/") || path.starts_with("/admin?");
    if plain && inside && !path.contains("/..") && !path.starts_with("/admin/login") {
        path
    } else {
        "/admin/"
    }
}

/// Encodes a value of a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_within_the_panel() {
        for good in ["/admin/", "/admin", "/admin/inbox/web:1?queue=all", "/admin?x=1"] {
            assert_eq!(own_path(good), good);
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example/admin/",
            "/admin/../evil",
            "/administrator",
            "/admin/\\evil",
            "/admin/\nx",
            "/admin/login?next=/admin/",
            "javascript:alert(1)",
            "/admin/é",
        ] {
            assert_eq!(own_path(bad), "/admin/", "{bad}");
        }
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            headers
        };
        assert!(is_own(&headers(&[("sec-fetch-site", "same-origin")])));
        for site in ["same-site", "cross-site", "none"] {
            let origin = ("origin", "http://shop.example");
            assert!(
                !is_own(&headers(&[("sec-fetch-site", site), origin, ("host", "shop.example")])),
                "{site}"
            );
        }
        assert!(is_own(&headers(&[("origin", "https://shop.example"), ("host", "shop.example")])));
        assert!(!is_own(&headers(&[("origin", "https://shop.example:8080"), ("host", "shop.example")])));
        assert!(!is_own(&headers(&[("origin", "null"), ("host", "shop.example")])));
        assert!(!is_own(&headers(&[("host", "shop.example")])));
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(encode("/admin/x?a=1&b=ё"), "/admin/x%3Fa%3D1%26b%3D%D1%91");
    }
}
