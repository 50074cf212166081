//! `/photos/<name>`: product photos imported with price lists, for the web chat.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use tolmach_runtime::ports::Photos;

/// The route `/photos/{name}`.
pub fn router(photos: Arc<dyn Photos>) -> Router {
    Router::new().route("/photos/{name}", get(photo)).with_state(photos)
}

async fn photo(State(photos): State<Arc<dyn Photos>>, Path(name): Path<String>) -> Response {
    match photos.read(&name).await {
        Ok(Some(photo)) => {
            let headers = [
                (CONTENT_TYPE, photo.media),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (CONTENT_SECURITY_POLICY, "default-src 'none'"),
                // A name is derived from the content, so its content never changes.
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, photo.bytes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::warn!(%why, "a photo cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
