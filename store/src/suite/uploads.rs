//! Rows of uploads.

use tolmach_runtime::ports::{Actor, Upload};

use super::*;

pub(crate) async fn keeps_uploads(place: &dyn TestDatabase) {
    let store = place.open().await;
    let upload = |at: i64| Upload {
        id: Uuid::now_v7(),
        name: "прайс 'a'.xlsx".to_owned(),
        bytes: 5_000_000_000,
        hash: "ab".repeat(32),
        at,
        by: Actor::cli("ольга"),
    };
    let (old, new) = (upload(5), upload(9));
    for upload in [&old, &new, &old] {
        store.add_upload(upload).await.expect("written");
    }
    let other = place.open().await;
    assert_eq!(other.upload(old.id).await.expect("read"), Some(old.clone()));
    assert_eq!(other.upload(Uuid::now_v7()).await.expect("read"), None);
    let before = other.uploads_before(9).await.expect("read");
    assert_eq!(before.iter().map(|upload| upload.id).collect::<Vec<_>>(), [old.id]);
    store.remove_upload(old.id).await.expect("removed");
    store.remove_upload(old.id).await.expect("again");
    assert_eq!(other.uploads_before(i64::MAX).await.expect("read"), [new]);
}
