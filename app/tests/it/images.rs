//! Images of folders, releases and drafts.

use std::{fs, path::Path};

use tempfile::TempDir;
use tolmach_app::{
    flow_drafts::{self, Editor, Publishing},
    images::{self, NewImage},
    release::{self, Error, Publish, Source},
};
use tolmach_engine::{bundle::Bundle, image::Image};
use tolmach_runtime::{
    BundleError,
    ports::{Actor, ImageStore, Store},
    read_bundle, read_images,
};
use uuid::Uuid;

use crate::store;

const FIRST: &[u8] = include_bytes!("../../../catalog-samples/photos/generator.png");
const SECOND: &[u8] = include_bytes!("../../../catalog-samples/photos/hammer.png");
const THIRD: &[u8] = include_bytes!("../../../catalog-samples/photos/ladder.png");
const FLOW: &str = "\
flow: shop
start: hello
languages: [en]
nodes:
  hello: { say: { text: { en: Our warehouse }, photo: images/a.png } }
";

fn shop(folder: &Path) {
    fs::create_dir_all(folder.join("images")).unwrap();
    fs::write(folder.join("shop.yaml"), FLOW).unwrap();
    fs::write(folder.join("images/a.png"), FIRST).unwrap();
}

fn wanted(source: Source, parent: Option<String>) -> Publish {
    Publish { source, note: String::new(), parent, moves: vec![], staff: Default::default(), dry_run: false }
}

async fn publish(store: &dyn Store, source: Source, parent: Option<String>) -> Result<(), Error> {
    let platform = tolmach_nodes::platform();
    release::publish(store, &platform, &Actor::cli("anna"), 5, wanted(source, parent)).await.map(drop)
}

async fn put(store: &dyn Store, draft: Uuid, content: &[u8]) -> Result<String, images::Error> {
    let new = NewImage::read("x.png", Some("images/a.png".to_owned()), content.to_owned()).await?;
    images::put(store, &editor(), 7, draft, new).await
}

fn editor() -> Editor {
    Editor { actor: Actor::cli("anna"), flows: false }
}

async fn publish_draft(store: &dyn Store, draft: Uuid) -> Result<(), flow_drafts::Error> {
    let wanted = Publishing { note: String::new(), moves: vec![], staff: Default::default(), dry_run: false };
    flow_drafts::publish(store, &tolmach_nodes::platform(), &editor(), 9, draft, wanted).await.map(drop)
}

/// What the image of the current release is.
async fn current(store: &dyn Store) -> String {
    let current = release::current(store).await.unwrap().unwrap().release;
    release::bundle(store, &current).await.unwrap().files["images/a.png"].clone()
}

#[test]
fn a_folder_is_read_with_its_pictures_as_they_are() {
    let folder = TempDir::new().unwrap();
    shop(folder.path());
    let read = read_bundle(folder.path()).unwrap();
    let image = Image::parse(&read.files["images/a.png"]).unwrap();
    assert_eq!(read_images(folder.path(), &read).next().unwrap().unwrap().hash, image.hash);
    assert_eq!(read_bundle(folder.path()).unwrap(), read);
    // A picture that was changed since is not taken for the one that was read.
    fs::write(folder.path().join("images/a.png"), SECOND).unwrap();
    let changed = read_images(folder.path(), &read).next().unwrap().unwrap_err();
    assert!(changed.to_string().contains("was changed"), "{changed}");
    assert_ne!(read_bundle(folder.path()).unwrap(), read);
    // What is no picture is told with its file.
    fs::write(folder.path().join("images/b.jpg"), "<svg/>").unwrap();
    let no_picture = read_bundle(folder.path()).unwrap_err();
    assert!(matches!(no_picture, BundleError::Image { .. }), "{no_picture}");
    assert!(no_picture.to_string().contains("b.jpg: this is an SVG"), "{no_picture}");
}

#[tokio::test]
async fn a_release_whose_images_are_not_stored_is_not_published() {
    let folder = TempDir::new().unwrap();
    shop(folder.path());
    let (here, elsewhere) = (store(&folder).await, TempDir::new().unwrap());
    publish(&here, Source::Folder(folder.path().to_owned()), None).await.unwrap();
    let pointer = Image::parse(&current(&here).await).unwrap();
    let kept = here.image(&pointer.hash).await.unwrap().unwrap();
    assert_eq!(kept.content.len() as u64, pointer.bytes);
    let texts = read_bundle(folder.path()).unwrap();
    let other = store(&elsewhere).await;
    let refused = publish(&other, Source::Texts(Box::new(texts.clone())), None).await.unwrap_err();
    assert!(refused.to_string().contains("the content of images/a.png is not kept here"), "{refused}");
    assert!(release::current(&other).await.unwrap().is_none());
    other.keep_image(&kept, 5).await.unwrap();
    publish(&other, Source::Texts(Box::new(texts)), None).await.unwrap();
    // Only pictures of at most 200 names are taken.
    let line = pointer.to_string();
    let many = (0..201).map(|n| (format!("images/{n}.png"), line.clone()));
    let many = Bundle { files: many.chain([("shop.yaml".to_owned(), FLOW.to_owned())]).collect() };
    let found = tolmach_engine::compile(&many, &tolmach_nodes::platform()).diagnostics;
    assert!(found.iter().any(|one| one.message.contains("at most 200 images")), "{found:?}");
}

#[tokio::test]
async fn of_two_pictures_for_one_image_a_person_chooses() {
    let folder = TempDir::new().unwrap();
    shop(folder.path());
    let store = store(&folder).await;
    publish(&store, Source::Folder(folder.path().to_owned()), None).await.unwrap();
    let begin = async || flow_drafts::begin(&store, &editor(), 6, "Images").await.unwrap().id;
    let (first, second) = (begin().await, begin().await);
    put(&store, first, SECOND).await.unwrap();
    put(&store, second, THIRD).await.unwrap();
    publish_draft(&store, first).await.unwrap();
    let theirs = Image::parse(&current(&store).await).unwrap();
    assert!(matches!(publish_draft(&store, second).await, Err(flow_drafts::Error::Behind)));
    let updated = flow_drafts::update(&store, &editor(), 8, second).await.unwrap();
    assert_eq!(updated.conflicts, ["images/a.png"]);
    assert!(matches!(publish_draft(&store, second).await, Err(flow_drafts::Error::Unsettled { .. })));
    let unknown = images::settle(&store, &editor(), 8, second, "images/a.png", "abc").await;
    assert!(matches!(unknown, Err(images::Error::Changed(_))), "{unknown:?}");
    let opened = flow_drafts::open(&store, second).await.unwrap();
    let versions: Vec<Image> = opened.bundle.files["images/a.png"].lines().filter_map(Image::parse).collect();
    let mine = versions.iter().find(|image| image.hash != theirs.hash).expect("mine");
    assert!(versions.iter().any(|image| image.hash == theirs.hash), "{versions:?}");
    images::settle(&store, &editor(), 8, second, "images/a.png", &mine.hash).await.unwrap();
    publish_draft(&store, second).await.unwrap();
    assert_eq!(Image::parse(&current(&store).await).as_ref(), Some(mine));
    // A change is undone as that of a text is.
    let third = begin().await;
    put(&store, third, FIRST).await.unwrap();
    flow_drafts::undo(&store, &editor(), 8, third).await.unwrap();
    let opened = flow_drafts::open(&store, third).await.unwrap();
    assert_eq!(opened.changed().count(), 0);
    // A picture of another kind does not take its place.
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
    let other = put(&store, third, gif).await;
    assert!(matches!(other, Err(images::Error::OtherKind { .. })), "{other:?}");
}
