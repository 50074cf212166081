//! A database that is locked, full or killed: nothing is acknowledged that is not stored, nothing is lost or
//! duplicated, and the server recovers by itself.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use sqlx::{Connection, SqliteConnection};
use tolmach_testkit::postgres::{Cluster, Options};

use super::*;
use crate::support::copy;

fn texts(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("m{n}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_locks_the_file() {
    let home = shop();
    let server = run(&home).serve();
    let mut page = Page::new(&server, "en").await;
    page.insist("m1").await;
    let file = home.path("tolmach-data/tolmach.db");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opened");

    // A short lock is waited for.
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");
    page.send_message("m2", "m2").await;
    let silent = tokio::time::timeout(Duration::from_secs(1), async {
        while page.receive().await.expect("open")["type"] != "ack" {}
    });
    assert!(silent.await.is_err(), "nothing is acknowledged that is not stored");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("unlocked");
    page.insist("m2").await;

    // Longer than any timeout.
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");
    assert!(!page.offer("m3").await, "it is said that nothing was stored");
    let why = server.status_until(503).await;
    assert!(why.contains("locked by another process"), "{why}");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("unlocked");
    other.close().await.expect("closed");
    page.insist("m3").await;
    assert_eq!(server.status_until(200).await, "ok");
    page.is_whole(&server, &texts(3)).await;
}

/// A small file system in memory; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None`, with a printed note, if mounting is not permitted.
    fn mount(at: PathBuf) -> Option<Disk> {
        fs::create_dir_all(&at).expect("a folder");
        let mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs"];
        let mounted = [&mount[..], &[&["sudo", "-n"], &mount[..]].concat()].into_iter().any(|words| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).arg(&at).output().is_ok_and(|done| done.status.success())
        });
        if !mounted {
            // The right to mount cannot be installed, so this is skipped even where skipping other tests is a failure.
            eprintln!("skipped: a small disk cannot be mounted here");
        }
        mounted.then_some(Disk(at))
    }

    /// Fills the remaining space.
    fn fill(&self) -> Filler {
        let path = self.0.join("filler");
        let mut file = File::create(&path).expect("made");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
        Filler(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for words in [&["umount", "-l"][..], &["sudo", "-n", "umount", "-l"]] {
            let mut command = Command::new(words[0]);
            if command.args(&words[1..]).arg(&self.0).output().is_ok_and(|done| done.status.success()) {
                return;
            }
        }
    }
}

struct Filler(PathBuf);

impl Filler {
    fn remove(self) {
        fs::remove_file(&self.0).expect("removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_for_a_while() {
    let home = shop();
    let Some(disk) = Disk::mount(home.path("disk")) else { return };
    copy(&home.path("tolmach-data"), &disk.0.join("data"));
    let server = run(&home).env("TOLMACH_DATA_DIR", "disk/data").serve();
    let mut page = Page::new(&server, "en").await;
    page.insist("m1").await;
    let filler = disk.fill();
    // Use up the free space inside the database's files.
    let mut said = 1;
    loop {
        said += 1;
        assert!(said < 100, "the disk is never full");
        if !page.offer(&format!("m{said}")).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let why = server.status_until(503).await;
    assert!(why.contains("the disk is full; free some space"), "{why}");
    // New messages are not acknowledged, and this stays so until there is space.
    assert!(!page.offer(&format!("m{said}")).await);
    assert_eq!(server.status().await.0, 503);
    filler.remove();
    assert_eq!(server.status_until(200).await, "ok");
    page.insist(&format!("m{said}")).await;
    page.insist(&format!("m{}", said + 1)).await;
    page.is_whole(&server, &texts(said + 1)).await;
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_server_dies_and_comes_back() {
    let Some(mut cluster) = Cluster::start(Options::default()).expect("PostgreSQL") else { return };
    let url = cluster.database().expect("a database");
    let home = shop();
    let server = run(&home).env("TOLMACH_DATABASE_URL", &url).serve();
    let mut page = Page::new(&server, "en").await;
    let mut said = 0;
    for _ in 0..2 {
        page.insist(&format!("m{}", said + 1)).await;
        // The database is killed between the reply to one message and the storage of the next.
        page.send_message(&format!("m{}", said + 2), &format!("m{}", said + 2)).await;
        cluster.crash().expect("ended");
        let why = server.status_until(503).await;
        assert!(why.starts_with("database"), "{why}");
        cluster.go_on().expect("started");
        said += 2;
        page.insist(&format!("m{said}")).await;
        assert_eq!(server.status_until(200).await, "ok");
    }
    page.is_whole(&server, &texts(said)).await;
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0), "{printed}");
}
