//! Bodies of requests: small, and read within a deadline before a handler runs.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};

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
