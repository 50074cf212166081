//! `/images/<hash>.<ending>`: images of releases and drafts, for the web chat and the panel. The database has no others, and nobody
//! guesses a hash.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};
use tolmach_app::images::KeptImages;
use tolmach_engine::image::Format;
use tolmach_runtime::ports::StoredImage;

/// The route `/images/{name}`.
pub fn router(images: KeptImages) -> Router {
    Router::new().route("/images/{name}", get(image)).with_state(images)
}

/// An image that several bodies share.
struct Shared(Arc<StoredImage>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.content
    }
}

async fn image(State(images): State<KeptImages>, Path(name): Path<String>) -> Response {
    match images.named(&name).await {
        Ok(Some(image)) => {
            let Some(format) = Format::of_media(&image.media) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            let fixed = HeaderValue::from_static;
            let headers = [
                (CONTENT_TYPE, fixed(format.media())),
                (CONTENT_LENGTH, HeaderValue::from(image.content.len())),
                (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
                (CONTENT_SECURITY_POLICY, fixed("default-src 'none'; sandbox")),
                // A name is derived from the content, so its content never changes.
                (CACHE_CONTROL, fixed("public, max-age=31536000, immutable")),
            ];
            (headers, Body::from(Bytes::from_owner(Shared(image)))).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::warn!(%why, "an image cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
