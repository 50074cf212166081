//! Settings: a section is written by whoever has seen its last version, with its secrets and its row of the audit log.

use serde_json::{Map, Value};
use tolmach_runtime::{
    ports::{
        Actor, AuditEntry, AuditQuery, AuditResult, SettingsWrite, StoredSection, StoredSettings, Write,
        Written,
    },
    secret::Secret,
};

use super::*;

fn entry() -> AuditEntry {
    AuditEntry {
        seq: 0,
        at: 7,
        actor: Actor::cli("ольга"),
        action: "settings.change".to_owned(),
        object: "mail".to_owned(),
        result: AuditResult::Done,
        details: json!({}),
    }
}

fn values(host: &str) -> Map<String, Value> {
    [("smtp.host".to_owned(), host.into()), ("smtp.port".to_owned(), Value::Null)].into_iter().collect()
}

fn write(expected: i64, host: &str, secrets: &[(&str, Option<&str>)]) -> SettingsWrite {
    let secret = |(name, secret): &(&str, Option<&str>)| ((*name).to_owned(), secret.map(Secret::new));
    SettingsWrite {
        section: "mail".to_owned(),
        expected,
        values: values(host),
        secrets: secrets.iter().map(secret).collect(),
        author: "Ольга «ё» 'и \"кавычки\"".to_owned(),
        at: 5,
    }
}

async fn put(store: &dyn Store, write: SettingsWrite) -> Written {
    store.change(vec![Write::Settings(Box::new(write))], entry()).await.expect("answered")
}

const DONE: Written = Written::Done { logins: 0 };

pub(crate) async fn keeps_settings_and_secrets(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    assert_eq!(store.settings().await.expect("read"), StoredSettings::default());
    let first = write(0, "a.example.com", &[("smtp.password", Some("correct horse a91f")), ("x", Some(""))]);
    assert_eq!(put(&*store, first.clone()).await, DONE);
    let kept = other.settings().await.expect("read");
    let (section, at) = ("mail".to_owned(), 5);
    let author = first.author.clone();
    let stored = StoredSection { section, version: 1, values: values("a.example.com"), author, at };
    assert_eq!(kept.sections, [stored]);
    let secrets: Vec<_> = kept
        .secrets
        .iter()
        .map(|kept| (kept.name.as_str(), kept.secret.expose(), kept.ending.as_str(), kept.at))
        .collect();
    assert_eq!(secrets, [("smtp.password", "correct horse a91f", "a91f", 5), ("x", "", "", 5)]);
    assert!(!format!("{kept:?}").contains("correct horse"), "a secret is not printed");
    assert_eq!(other.setting_versions().await.expect("read"), [("mail".to_owned(), 1)]);

    // Whoever has not seen the last version stores nothing, no secret and no row of the audit log either.
    for stale in [0, 2] {
        let stale = write(stale, "b.example.com", &[("smtp.password", Some("another"))]);
        assert_eq!(put(&*other, stale).await, Written::Conflict);
    }
    assert_eq!(other.settings().await.expect("read"), kept);
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 1);
    let next = write(1, "c.example.com", &[("smtp.password", None), ("x", Some("new key of many letters"))]);
    assert_eq!(put(&*other, next).await, DONE);
    let kept = store.settings().await.expect("read");
    assert_eq!((kept.sections[0].version, &kept.sections[0].values), (2, &values("c.example.com")));
    let endings: Vec<_> = kept.secrets.iter().map(|kept| (&*kept.name, &*kept.ending)).collect();
    assert_eq!(endings, [("x", "ters")]);
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 2);

    let nul = write(2, "d", &[("x", Some("a\0b"))]);
    store.change(vec![Write::Settings(Box::new(nul))], entry()).await.expect_err("no database keeps U+0000");
}

pub(crate) async fn one_of_two_writers_of_settings_wins(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    for expected in [0, 1] {
        let (mine, theirs) = tokio::join!(
            put(&*store, write(expected, "mine", &[("x", Some("mine mine mine"))])),
            put(&*other, write(expected, "theirs", &[("x", Some("theirs theirs"))])),
        );
        let one = [(mine, "mine"), (theirs, "theirs")].into_iter().filter(|(written, _)| *written == DONE);
        let won: Vec<&str> = one.map(|(_, name)| name).collect();
        assert_eq!(won.len(), 1, "one of two: {mine:?} {theirs:?}");
        let kept = store.settings().await.expect("read");
        assert_eq!(kept.sections[0].version, expected + 1);
        assert_eq!(kept.sections[0].values, values(won[0]));
        assert!(kept.secrets[0].secret.expose().starts_with(won[0]));
    }
}
