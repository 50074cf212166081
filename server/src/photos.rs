//! `/photos/<name>`: the photos that came beside price lists, for the chat page.

use std::path::PathBuf;

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
use tolmach_adapters::catalog::photos;

/// The route, over the catalogue's folder.
pub fn router(catalogue: PathBuf) -> Router {
    Router::new().route("/photos/{name}", get(photo)).with_state(catalogue)
}

async fn photo(State(catalogue): State<PathBuf>, Path(name): Path<String>) -> Response {
    // The name is checked there: nothing but a photo of ours can be asked for.
    match tokio::task::spawn_blocking(move || photos::read(&catalogue, &name)).await {
        Ok(Ok(Some((media, bytes)))) => {
            let headers = [
                (CONTENT_TYPE, media),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (CONTENT_SECURITY_POLICY, "default-src 'none'"),
                // A name is made from the content: what it names never changes.
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, bytes).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(why)) => {
            tracing::warn!(%why, "a photo cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
