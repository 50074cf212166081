use std::sync::Arc;

use tempfile::TempDir;

use super::*;

const PDF: &[u8] = b"%PDF-1.7 one";

fn folder(data: &TempDir, quota: u64) -> FileFolder {
    let channel = |name, files| Capabilities { name, files, ..Capabilities::UNLIMITED };
    FileFolder::of(data.path(), quota, &[channel("web", true), channel("pager", false)])
}

async fn arrived(files: &FileFolder, chat: &str, name: &str, content: &[u8]) -> Result<ArrivedFile, Error> {
    let mut arriving = files.arrive(chat, name).await?;
    arriving.write(content).await?;
    arriving.end(1_000).await
}

async fn kept(files: &FileFolder, chat: &str, name: &str, content: &[u8]) -> SentFile {
    let arrived = arrived(files, chat, name, content).await.unwrap();
    files.keep(vec![arrived]).await.unwrap().remove(0)
}

fn left(data: &TempDir) -> usize {
    fs::read_dir(data.path().join("files")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_file_is_found_by_its_address_and_by_its_chat() {
    let data = TempDir::new().unwrap();
    let files = folder(&data, 1 << 20);
    let sent = kept(&files, "web:1", "../Счёт.PDF", PDF).await;
    assert_eq!((sent.name.as_str(), sent.media.as_str(), sent.bytes), ("Счёт.PDF", "application/pdf", 12));
    assert_eq!(files.content(&sent.address).await.unwrap().as_deref(), Some(PDF));
    let (of_chat, id) = sent.address.strip_prefix(FILE_PREFIX).unwrap().split_once('/').unwrap();
    let about = files.open(of_chat, id).await.unwrap().unwrap().about;
    assert_eq!((about.chat.as_str(), about.at), ("web:1", 1_000));
    assert!(!sent.address.contains("web"), "the address does not name the chat");
    let listed = files.of_chat("web:1").await.unwrap();
    assert_eq!((listed.len(), &listed[0].address), (1, &sent.address));
    assert_eq!(files.of_chat("web:2").await.unwrap(), []);
    for address in
        ["/files/../../etc/passwd", "/files/a", "/photos/x", "/files/", &format!("{}x", sent.address)]
    {
        assert_eq!(files.content(address).await.unwrap(), None, "{address}");
    }
    // The same content again has another address.
    assert_ne!(kept(&files, "web:1", "Счёт.PDF", PDF).await.address, sent.address);
}

#[tokio::test]
async fn what_is_refused_or_breaks_off_leaves_nothing() {
    let data = TempDir::new().unwrap();
    let files = folder(&data, 1 << 30);
    let refused = arrived(&files, "pager:1", "a.pdf", PDF).await.unwrap_err();
    assert!(matches!(refused, Error::Channel(ref name) if name == "pager"), "{refused}");
    assert!(!files.takes("pager:1") && !files.takes("email:x") && files.takes("web:1"));
    assert!(matches!(arrived(&files, "web:1", "a.exe", b"MZ").await, Err(Error::Program)));
    assert!(matches!(arrived(&files, "web:1", "a.svg", b"<svg/>").await, Err(Error::Page)));
    assert!(matches!(arrived(&files, "web:1", "a.pdf", b"").await, Err(Error::Empty)));
    assert!(matches!(arrived(&files, "web:1", "a.pdf", b"PK").await, Err(Error::Mismatch)));
    let mut large = files.arrive("web:1", "a.pdf").await.unwrap();
    let part = vec![b'x'; 1 << 20];
    for _ in 0..10 {
        large.write(&part).await.unwrap();
    }
    assert!(matches!(large.write(b"x").await, Err(Error::TooLarge)));
    drop(large);
    // The connection broke off.
    drop(files.arrive("web:1", "a.pdf").await.unwrap());
    // The reply was refused after the file had arrived.
    drop(arrived(&files, "web:1", "a.pdf", PDF).await.unwrap());
    assert_eq!(left(&data), 0);
}

#[tokio::test]
async fn all_files_together_have_a_bound() {
    let data = TempDir::new().unwrap();
    let files = folder(&data, 3 << 20);
    let mut content = PDF.to_vec();
    content.resize(2 << 20, b' ');
    kept(&files, "web:1", "a.pdf", &content).await;
    let refused = arrived(&files, "web:2", "a.pdf", &content).await.unwrap_err();
    assert!(matches!(refused, Error::NoRoom(3)) && refused.to_string().contains("files_mib"), "{refused}");
    files.clone().set_quota(9 << 20);
    assert!(arrived(&files, "web:2", "a.pdf", &content).await.is_ok(), "more is allowed by now");
    kept(&files, "web:2", "a.pdf", PDF).await;
    assert_eq!(files.erase("web:1").await.unwrap(), 1);
    kept(&files, "web:2", "b.pdf", &content).await;
}

#[tokio::test]
async fn erasing_and_sweeping_remove_what_they_should() {
    let data = TempDir::new().unwrap();
    let files = folder(&data, 1 << 20);
    let (one, two) = (kept(&files, "web:1", "a.pdf", PDF).await, kept(&files, "web:1", "b.pdf", PDF).await);
    let other = kept(&files, "web:2", "a.pdf", PDF).await;
    files.forget(std::slice::from_ref(&one)).await;
    assert_eq!(files.content(&one.address).await.unwrap(), None);
    assert!(files.content(&two.address).await.unwrap().is_some());
    assert_eq!((files.erase("web:1").await.unwrap(), files.erase("web:1").await.unwrap()), (1, 0));
    assert_eq!(files.content(&two.address).await.unwrap(), None);

    // A process was killed while a file arrived. Nothing else is old enough, and the chat of none is stored.
    let unfinished = data.path().join("files/.0123");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join(CONTENT), "x").unwrap();
    let options = tolmach_store::sqlite::Options::new(data.path().join("tolmach.db"));
    let store: Arc<dyn Store> = Arc::new(tolmach_store::sqlite::SqliteStore::open(options).await.unwrap());
    assert_eq!(files.sweep(&*store, 2_000, None).await.unwrap(), 0);
    assert!(unfinished.exists() && files.content(&other.address).await.unwrap().is_some());
    let later = modified(&unfinished) + ABANDONED + 1;
    assert_eq!(files.sweep(&*store, later, None).await.unwrap(), 1, "its chat is not kept");
    assert!(!unfinished.exists() && left(&data) == 0);
    kept(&files, "web:3", "a.pdf", PDF).await;
    assert_eq!(files.sweep(&*store, 2_000, Some(1_000)).await.unwrap(), 0);
    assert_eq!(
        files.sweep(&*store, 2_000, Some(1_001)).await.unwrap(),
        1,
        "older than its messages are kept"
    );
    store.close().await.unwrap();
}
