//! What every request passes: who sent it, whether it is one too many, and the headers of every response.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderValue,
        header::{CONNECTION, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};

use super::{guard::Guard, visitor::Visitor};

/// HSTS for a year, for this host only: others are not ours to decide on.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Puts a guard before all routes of `router`. Handlers find the [`Visitor`] among the request's extensions; the server
/// gives the peer's address as [`ConnectInfo`].
pub fn protected(router: Router, guard: Arc<Guard>) -> Router {
    router.layer(from_fn_with_state(guard, pass))
}

async fn pass(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    // Without the peer's address all clients share one, which is stricter than none.
    let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(unknown, |peer| peer.0);
    let visitor = Visitor::of(peer, request.headers(), guard.proxies());
    guard.note_proxy(peer.ip(), request.headers());
    request.extensions_mut().insert(visitor);
    let mut response = match guard.request(&visitor) {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            let mut response = refused.into_response();
            if !guard.proxies().forwards(peer.ip()) {
                // Whoever sends requests without reading the answers has to connect again for the next one.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if visitor.https == Some(true) {
        // Browsers ignore it on plain HTTP, and a server that is reachable both ways must not send it there.
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
