//! Archives as suppliers send them, and malformed or malicious ones.

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::*;

const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];

fn archive(folder: &TempDir, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.path().join("price.zip");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn product(article: &str) -> Product {
    Product { article: article.into(), ..Product::default() }
}

#[tokio::test]
async fn matches_pictures_to_articles_by_file_name() {
    let folder = TempDir::new().unwrap();
    let second = [JPEG, &[9]].concat();
    let zip = archive(
        &folder,
        &[
            ("фото/TL-001_2.jpg", &second),
            ("фото/tl001.JPG", JPEG),
            ("B-1-2.png", b"\x89PNG\r\n\x1A\n..."),
            ("C 7 (1).webp", b"RIFF....WEBPVP8 "),
            ("D-1.jpg", b"<html>not a picture</html>"),
            ("stranger.jpg", JPEG),
            ("__MACOSX/._TL-001.jpg", b"x"),
            ("../../etc/E-1.gif", b"GIF89a..."),
        ],
    );
    let mut own = product("F-1");
    own.photo = Some("https://shop.example/f.jpg".into());
    let mut products =
        [product("TL-001"), product("B-1"), product("C7"), product("D-1"), product("E-1"), own];
    let taken = take(&zip, Some(folder.path()), &mut products).unwrap();
    assert_eq!((taken.items, taken.pictures, taken.further, taken.unknown, taken.unusable), (4, 4, 1, 1, 1));
    assert!(taken.examples[0].contains("not a JPEG"), "{taken:?}");
    let photo = |place: usize| products[place].photo.clone().unwrap_or_default();
    let first = photo(0);
    let name = first.strip_prefix("/photos/").unwrap();
    let kept = PhotoFolder::of(folder.path()).read(name).await.unwrap();
    assert_eq!(kept, Some(Photo { media: "image/jpeg", bytes: JPEG.to_vec() }), "the plain name wins");
    assert!(photo(1).ends_with(".png") && photo(2).ends_with(".webp") && photo(4).ends_with(".gif"));
    assert_eq!((photo(3), photo(5)), (String::new(), "https://shop.example/f.jpg".into()));
    assert_eq!(fs::read_dir(folder.path().join("photos")).unwrap().count(), 4, "generated names, one folder");
}

#[tokio::test]
async fn a_picture_is_put_beside_the_catalogue_once() {
    let folder = TempDir::new().unwrap();
    let address = put(folder.path(), JPEG).unwrap().unwrap();
    assert_eq!(put(folder.path(), JPEG).unwrap(), Some(address.clone()));
    let name = address.strip_prefix(PHOTO_PREFIX).unwrap();
    let kept = PhotoFolder::of(folder.path()).read(name).await.unwrap();
    assert_eq!(kept, Some(Photo { media: "image/jpeg", bytes: JPEG.to_vec() }));
    assert_eq!(put(folder.path(), b"<svg onload='alert(1)'/>").unwrap(), None);
    assert_eq!(fs::read_dir(folder.path().join("photos")).unwrap().count(), 1);
}

#[test]
fn writes_nothing_without_a_folder() {
    let folder = TempDir::new().unwrap();
    let zip = archive(&folder, &[("A-1.jpg", JPEG)]);
    let taken = take(&zip, None, &mut [product("A-1")]).unwrap();
    assert_eq!(taken.items, 1);
    assert!(!folder.path().join("photos").exists());
}

#[test]
fn oversized_pictures_are_skipped_and_non_archives_refused() {
    let folder = TempDir::new().unwrap();
    let bomb = [JPEG, &vec![0; 11 << 20]].concat();
    let zip = archive(&folder, &[("A-1.jpg", &bomb)]);
    let taken = take(&zip, Some(folder.path()), &mut [product("A-1")]).unwrap();
    assert_eq!((taken.items, taken.unusable), (0, 1));
    assert!(taken.examples[0].contains("larger than 10 MiB"), "{taken:?}");
    fs::write(&zip, "no archive").unwrap();
    let error = take(&zip, None, &mut []).unwrap_err().to_string();
    assert!(error.contains("price.zip"), "{error}");
}

#[tokio::test]
async fn reads_generated_names_only() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("secret"), "x").unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    let photos = PhotoFolder::of(folder.path());
    let hash = "0123456789abcdef0123456789abcdef";
    for name in [
        "../secret",
        "secret",
        "..",
        "",
        &format!("{hash}.html"),
        &format!("../{hash}.jpg"),
        &hash.to_uppercase(),
    ] {
        assert_eq!(photos.read(name).await.unwrap(), None, "{name}");
    }
    assert_eq!(photos.read(&format!("{hash}.jpg")).await.unwrap(), None, "not there");
}

#[test]
fn sweep_removes_unreferenced_photos_after_the_grace_period() {
    let folder = TempDir::new().unwrap();
    assert_eq!(sweep(folder.path()).unwrap(), 0);
    fs::create_dir_all(folder.path().join("generations")).unwrap();
    let zip = archive(&folder, &[("A-1.jpg", JPEG)]);
    take(&zip, Some(folder.path()), &mut [product("A-1")]).unwrap();
    assert_eq!(sweep(folder.path()).unwrap(), 0, "it may belong to an import that runs");
    assert_eq!(sweep_older(folder.path(), Duration::ZERO).unwrap(), 1);
}
