//! Bodies of requests: small, and read within a deadline before a handler runs. Uploads to the panel alone are read by their
//! handler as they arrive.

use std::{io, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};

/// Largest body of a request, in bytes. No route takes more than a form.
const LARGEST: usize = 16 * 1024;

/// Reads the bodies of all requests to `app` before it gets them.
pub(super) fn bounded(app: Router, timeout: Duration) -> Router {
    app.layer(from_fn_with_state(timeout, read))
}

async fn read(State(timeout): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let path = request.uri().path();
    if request.method() == Method::POST
        && (tolmach_admin::takes_files(path) || tolmach_admin::takes_text(path))
    {
        // The handler bounds it, after the gate has found out who sends it.
        return next.run(request.map(|body| alive(body, timeout))).await;
    }
    // The connection cannot be used again, because the rest of the body is not read.
    let refused = |status: StatusCode| (status, [(header::CONNECTION, "close")]).into_response();
    if request.body().size_hint().lower() > LARGEST as u64 {
        return refused(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(timeout, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => refused(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT),
    }
}

/// A body that fails when nothing of it arrives for `timeout`.
fn alive(body: Body, timeout: Duration) -> Body {
    let parts = stream::unfold(Some(body.into_data_stream()), move |parts| async move {
        let mut parts = parts?;
        match tokio::time::timeout(timeout, parts.next()).await {
            Ok(Some(Ok(part))) => Some((Ok(part), Some(parts))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(io::Error::from(io::ErrorKind::TimedOut)), None)),
        }
    });
    Body::from_stream(parts)
}
