//! `/photos/<name>`: product photos imported with price lists, for the web chat. A photo is sent as it is read, in pieces:
//! a client that reads slowly costs one piece, not a photo.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::Semaphore;
use tolmach_catalog::{OpenPhoto, PhotoFolder};

use crate::pieces::pieces;

/// Reads of the disk at a time. They run on tokio's blocking threads, which other work needs too.
const READS: usize = 16;

/// The route `/photos/{name}`.
pub fn router(photos: PhotoFolder) -> Router {
    let state = Served { photos, reads: Arc::new(Semaphore::new(READS)) };
    Router::new().route("/photos/{name}", get(photo)).with_state(state)
}

#[derive(Clone)]
struct Served {
    photos: PhotoFolder,
    reads: Arc<Semaphore>,
}

async fn photo(State(served): State<Served>, Path(name): Path<String>) -> Response {
    let opened = {
        let Ok(_reading) = served.reads.acquire().await else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        served.photos.open(&name).await
    };
    match opened {
        Ok(Some(OpenPhoto { media, bytes, file })) => {
            let headers = [
                (CONTENT_TYPE, media.to_owned()),
                (CONTENT_LENGTH, bytes.to_string()),
                (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
                // A name is derived from the content, so its content never changes.
                (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
            ];
            (headers, pieces(file, bytes, served.reads, None)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::warn!(%why, "a photo cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::pieces::PIECE;

    #[tokio::test]
    async fn a_photo_comes_whole_and_one_that_is_too_large_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        fs::create_dir_all(&photos).unwrap();
        let (good, large) = ("0123456789abcdef0123456789abcdef.png", "1123456789abcdef0123456789abcdef.png");
        let content: Vec<u8> = (0..3 * PIECE + 17).map(|n| (n % 251) as u8).collect();
        fs::write(photos.join(good), &content).unwrap();
        fs::File::create(photos.join(large)).unwrap().set_len((10 << 20) + 1).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app = router(PhotoFolder::of(folder.path()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let get = async |name: &str| reqwest::get(format!("http://{at}/photos/{name}")).await.unwrap();
        let answer = get(good).await;
        assert_eq!(answer.content_length(), Some(content.len() as u64));
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(answer.bytes().await.unwrap(), content);
        assert_eq!(get(large).await.status(), 500);
        assert_eq!(get("2123456789abcdef0123456789abcdef.png").await.status(), 404);
    }
}
