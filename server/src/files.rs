//! `/files/<folder>/<id>`: files that staff sent to clients. The address is a secret that the client and the staff have; who has it
//! gets the file. Pictures of points are shown, everything else is downloaded, whatever its content says that it is.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{
        HeaderName, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            RETRY_AFTER,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::Semaphore;
use tolmach_app::files::{AboutFile, FileFolder, OpenFile};
use tolmach_engine::effect::is_picture;

use crate::pieces::pieces;

/// Reads of the disk at a time. They run on tokio's blocking threads, which other work needs too.
const READS: usize = 16;
/// Files that are sent at a time; a further request is told to come again.
const SENT: usize = 64;

/// The route `/files/{folder}/{id}`.
pub fn router(files: FileFolder) -> Router {
    let state =
        Served { files, reads: Arc::new(Semaphore::new(READS)), sent: Arc::new(Semaphore::new(SENT)) };
    Router::new().route("/files/{folder}/{id}", get(file)).with_state(state)
}

#[derive(Clone)]
struct Served {
    files: FileFolder,
    reads: Arc<Semaphore>,
    sent: Arc<Semaphore>,
}

async fn file(State(served): State<Served>, Path((folder, id)): Path<(String, String)>) -> Response {
    let Ok(place) = Arc::clone(&served.sent).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "2")]).into_response();
    };
    let opened = {
        let Ok(_reading) = served.reads.acquire().await else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        served.files.open(&folder, &id).await
    };
    match opened {
        Ok(Some(OpenFile { about, bytes, file })) => {
            (headers(&about, bytes), pieces(file, bytes, served.reads, Some(place))).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::warn!(%why, "a file of the staff cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn headers(about: &AboutFile, bytes: u64) -> [(HeaderName, String); 5] {
    let how = if is_picture(&about.media) { "inline" } else { "attachment" };
    [
        (CONTENT_TYPE, about.media.clone()),
        (CONTENT_LENGTH, bytes.to_string()),
        (CONTENT_DISPOSITION, format!("{how}; filename*=UTF-8''{}", escaped(&about.name))),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        // It is for one client, and must be gone when it is erased.
        (CACHE_CONTROL, "private, max-age=600".to_owned()),
    ]
}

/// A name as headers have it (RFC 8187): all but letters, digits and a few signs escaped.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::channel::Capabilities;

    use super::*;

    #[tokio::test]
    async fn pictures_are_shown_and_everything_else_is_downloaded() {
        let data = tempfile::tempdir().unwrap();
        let web = Capabilities { name: "web", files: true, ..Capabilities::UNLIMITED };
        let files = FileFolder::of(data.path(), 1 << 20, &[web]);
        let keep = async |name: &str, content: &[u8]| {
            let mut arriving = files.arrive("web:1", name).await.unwrap();
            arriving.write(content).await.unwrap();
            files.keep(vec![arriving.end(1).await.unwrap()]).await.unwrap().remove(0).address
        };
        let picture = keep("кот.png", b"\x89PNG\r\n\x1a\n0").await;
        let document = keep("Счёт №5.pdf", b"%PDF-1.7 <script>alert(1)</script>").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app = router(files);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let get = async |path: &str| reqwest::get(format!("http://{at}{path}")).await.unwrap();
        let shown = get(&picture).await;
        assert_eq!(shown.headers()["content-type"], "image/png");
        assert_eq!(shown.headers()["content-disposition"], "inline; filename*=UTF-8''%D0%BA%D0%BE%D1%82.png");
        let downloaded = get(&document).await;
        let disposition = downloaded.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(
            disposition.starts_with("attachment; filename*=UTF-8''%D0%A1") && disposition.ends_with("5.pdf")
        );
        assert_eq!(downloaded.headers()["content-security-policy"], "default-src 'none'; sandbox");
        assert!(downloaded.text().await.unwrap().starts_with("%PDF-1.7"));
        let folder = document.rsplit_once('/').unwrap().0;
        for unknown in
            [format!("{folder}/{}", "0".repeat(32)), format!("{folder}/.."), "/files/x/about.json".to_owned()]
        {
            assert_eq!(get(&unknown).await.status(), 404, "{unknown}");
        }
    }
}
