//! The content of images: it is stored once, and stays as long as a release or an open draft names it.

use std::collections::BTreeSet;

use tolmach_engine::{
    bundle::Bundle as Texts,
    image::{Format, Image, hash},
};
use tolmach_runtime::ports::{
    DraftChange, DraftChangeKind, DraftFile, DraftState, DraftWrite, FlowDraft, Retention, StoredImage,
};

use super::*;

fn image(content: &[u8]) -> StoredImage {
    StoredImage { hash: hash(content), media: "image/png".to_owned(), content: content.to_owned() }
}

fn pointer(image: &StoredImage) -> String {
    let (hash, bytes) = (image.hash.clone(), image.content.len() as u64);
    Image { hash, format: Format::Png, bytes, width: 3, height: 2 }.to_string()
}

pub(crate) async fn keeps_images(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    let all: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let (small, large) = (image(b"\0\x01\xff'\"\\"), image(&all));
    for image in [&small, &large, &small] {
        store.keep_image(image, 5).await.expect("kept");
    }
    assert_eq!(other.image(&small.hash).await.expect("read"), Some(small.clone()));
    assert_eq!(other.image(&large.hash).await.expect("read"), Some(large.clone()));
    for unknown in ["", "abc", "a\0b"] {
        assert_eq!(other.image(unknown).await.expect("read"), None, "{unknown:?}");
    }
    let asked: BTreeSet<String> = [small.hash.clone(), hash(b"?"), large.hash.clone()].into();
    let there = other.stored_images(&asked).await.expect("read");
    assert_eq!(there, [small.hash, large.hash].into());
    assert_eq!(other.stored_images(&BTreeSet::new()).await.expect("read"), BTreeSet::new());
}

pub(crate) async fn removes_images_that_nothing_names(place: &dyn TestDatabase) {
    let store = place.open().await;
    let named = |path: &str, image: &StoredImage| (path.to_owned(), pointer(image));
    let (released, drafted, undoable, closed, lost, fresh) =
        (image(b"a"), image(b"b"), image(b"c"), image(b"d"), image(b"e"), image(b"f"));
    for image in [&released, &drafted, &undoable, &closed, &lost] {
        store.keep_image(image, 5).await.expect("kept");
    }
    store.keep_image(&fresh, 50).await.expect("kept");
    let texts = Texts { files: [named("images/a.png", &released)].into() };
    let files = serde_json::to_string(&texts).expect("texts");
    store.keep_release(&Bundle { id: texts.id(), files }, 6).await.expect("kept");
    for (state, now, before) in
        [(DraftState::Open, &drafted, Some(&undoable)), (DraftState::Discarded, &closed, None)]
    {
        let draft = FlowDraft {
            id: Uuid::now_v7(),
            title: "Склад".to_owned(),
            author: "Анна".to_owned(),
            base: texts.id(),
            made: 6,
            changed: 6,
            revision: 1,
            state,
        };
        let path = "images/b.png".to_owned();
        let write = DraftWrite {
            draft,
            expected: None,
            files: vec![DraftFile { path: path.clone(), text: Some(pointer(now)), revision: 1, base: None }],
            changes: vec![DraftChange {
                revision: 1,
                path,
                before: before.map(pointer),
                after: Some(pointer(now)),
                author: "Анна".to_owned(),
                at: 6,
                kind: DraftChangeKind::Form,
                undone: false,
            }],
            forget: vec![],
            undone: vec![],
            release: None,
            audit: None,
        };
        assert!(store.write_draft(&write).await.expect("written"));
    }
    let keep = Retention { images: Some(20), ..Retention::default() };
    let removed = store.retain(&keep, 100).await.expect("deleted");
    assert_eq!((removed.of("images"), removed.all()), (2, 2));
    for (image, stays) in [
        (&released, true),
        (&drafted, true),
        (&undoable, true),
        (&closed, false),
        (&lost, false),
        (&fresh, true),
    ] {
        let there = store.image(&image.hash).await.expect("read").is_some();
        assert_eq!(there, stays, "{:?}", String::from_utf8_lossy(&image.content));
    }
}
