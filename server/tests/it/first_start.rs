//! A first start without any configuration, and the starts after it.

use crate::{
    price_lists::{JPEG, photos},
    support::{Home, get},
};

#[tokio::test]
async fn a_first_start_needs_no_configuration_and_prints_what_it_did() {
    let home = Home::new();
    let server = home.tolmach(&["run"]).serve();
    let said = server.printed();
    for word in
        ["tolmach-data (made now)", "the built-in bundle, copied now", "sample items imported", "/health"]
    {
        assert!(said.contains(word), "«{word}» is not in: {said}");
    }
    assert!(home.path("tolmach-data/flows/consultant.yaml").is_file());
    assert!(home.path("tolmach-data/tolmach.db").is_file());

    let (status, health) = get(&server.url("/health")).await;
    assert_eq!((status, &health["status"]), (200, &"ok".into()), "{health}");
    assert_eq!(health["telegram"], serde_json::Value::Null);
    assert!(health["catalogue"]["items"].as_u64() > Some(100), "{health}");
    assert_eq!(health["release"]["id"].as_str().map(|id| said.contains(&id[..12])), Some(true));
    let page = reqwest::get(server.url("/")).await.expect("a page").text().await.expect("text");
    assert!(page.contains("<textarea") && !page.contains("{{title}}"), "{page}");
    // The samples' pictures need no other host.
    let kept = std::fs::read_dir(home.path("tolmach-data/catalog/photos")).expect("pictures");
    let names: Vec<String> =
        kept.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let picture = reqwest::get(server.url(&format!("/photos/{name}"))).await.expect("a picture");
        assert_eq!(
            (picture.status().as_u16(), &picture.headers()["content-type"]),
            (200, &"image/png".parse().expect("a value"))
        );
    }

    let (code, said) = server.terminate();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("stopping"), "{said}");

    let again = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let said = again.printed();
    assert!(!said.contains("imported") && !said.contains("now)"), "{said}");
    assert!(said.contains(&format!("catalogue  {} items", health["catalogue"]["items"])), "{said}");
    assert_eq!(again.health().await["catalogue"], health["catalogue"]);
}

#[tokio::test]
async fn two_servers_share_a_machine() {
    let (one, two) = (Home::ready(), Home::ready());
    let first = one.tolmach(&[]).serve();
    let second = two.tolmach(&["run"]).serve();
    assert_ne!(first.address, second.address);
    assert_eq!(first.health().await["status"], "ok");
    assert_eq!(second.health().await["status"], "ok");
}

/// Files and folders below a folder, with their permissions.
#[cfg(unix)]
fn permissions(folder: &std::path::Path) -> Vec<(std::path::PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mode = |path: &std::path::Path| path.metadata().expect("metadata").permissions().mode() & 0o777;
        found.push((folder.clone(), mode(&folder)));
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { found.push((path.clone(), mode(&path))) }
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_private_whatever_the_umask() {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};
    let home = Home::ready();
    home.write("prices.csv", "Артикул;Наименование;Цена\nA-1;Насос дренажный «Родник»;9900\n");
    photos(&home.path("prices.zip"), &[("A-1.jpg", JPEG)]);
    // What an earlier version left, or a person made.
    let old = home.write("tolmach-data/catalog/old/rows", "x");
    for folder in ["tolmach-data", "tolmach-data/catalog", "tolmach-data/catalog/old"] {
        fs::set_permissions(home.path(folder), fs::Permissions::from_mode(0o755)).expect("set");
    }
    fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).expect("set");
    let shell = |command: &str| {
        let command = format!("umask 0; exec '{}' {command}", env!("CARGO_BIN_EXE_tolmach"));
        let ran = Command::new("sh").args(["-c", &command]).current_dir(home.path("")).output().expect("run");
        assert!(ran.status.success(), "{ran:?}");
    };
    // At once, and handed over for a server that does not run: the list and its photos are uploads now.
    shell("catalog import prices.csv --map price=Цена");
    shell("catalog import prices.csv --photos prices.zip --later");
    let found = permissions(&home.path("tolmach-data"));
    for part in [
        "tolmach.db",
        "catalog/photos/",
        "generations/",
        "/words-2/",
        "uploads/",
        "prices.zip",
        "columns.json",
    ] {
        let has = |(path, _): &(std::path::PathBuf, u32)| path.to_string_lossy().contains(part);
        assert!(found.iter().any(has), "no {part} in {found:?}");
    }
    for (path, mode) in found {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} has {mode:o}", path.display());
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    Home::ready().tolmach(&["run", "--listen", &address]).run().fails_with(&[&address, "--listen"]);
}

#[test]
fn help_names_every_command() {
    let said = Home::new().tolmach(&["--help"]).run().ok().stdout;
    for command in [
        "run", "chat", "new", "check", "explain", "test", "graph", "catalog", "leads", "release", "goals",
        "spending", "replay",
    ] {
        assert!(said.contains(&format!("\n  {command} ")), "{command} is not in: {said}");
    }
}
