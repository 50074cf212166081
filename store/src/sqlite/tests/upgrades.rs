//! Files of earlier versions, brought up to date.

use super::*;

#[tokio::test]
async fn upgrading_from_version_1_fills_in_where_chats_wait() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("made");
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true);
    let mut old = options.connect().await.expect("connected");
    let mut first = sqlx::migrate::Migrator::DEFAULT;
    first.migrations = open::MIGRATIONS.iter().filter(|one| one.version == 1).cloned().collect();
    first.run_direct(None, &mut old, false).await.expect("migrated");
    for (chat, session) in [
        (
            "web:form",
            r#"{"release":"r1","frames":[{"flow":"a","waiting":{"node":"x"}},{"flow":"b","waiting":{"node":"y"}}]}"#,
        ),
        ("web:rest", r#"{"release":"r1","frames":[{"flow":"a"}]}"#),
        ("web:ended", r#"{"release":"r1","frames":[]}"#),
        ("web:odd", "no JSON"),
    ] {
        let sql = "INSERT INTO chats (key, session, version, updated) VALUES (?1, ?2, 1, 1)";
        sqlx::query(sql).bind(chat).bind(session).execute(&mut old).await.expect("stored");
    }
    old.close().await.expect("closed");
    let store = folder.store().await;
    let (release, flow, node) = ("r1".to_owned(), "b".to_owned(), "y".to_owned());
    assert_eq!(store.waiting_places().await.expect("read"), [WaitingPlace { release, flow, node, chats: 1 }]);
    assert_eq!(store.chats_at_rest().await.expect("read"), 3);
    assert_eq!(store.taken_over().await.expect("read"), []);
    assert_eq!(store.chat("web:odd").await.expect("read").session.as_deref(), Some("no JSON"));
}

#[tokio::test]
async fn upgrading_gives_chats_and_buttons_an_age() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("made");
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true);
    let mut old = options.connect().await.expect("connected");
    let mut before = sqlx::migrate::Migrator::DEFAULT;
    before.migrations = open::MIGRATIONS.iter().filter(|one| one.version < 5).cloned().collect();
    before.run_direct(None, &mut old, false).await.expect("migrated");
    sqlx::raw_sql(
        "INSERT INTO chats (key, session, version, updated, handed) VALUES
            ('web:opened', '{}', 1, 172800009, NULL), ('web:spoke', '{}', 2, 172800009, NULL),
            ('web:forgotten', '{}', 2, 172800009, NULL), ('web:taken', '{}', 2, 172800009, 7);
        INSERT INTO messages (chat, who, body, at) VALUES
            ('web:opened', 'client', '/start', 5), ('web:opened', 'bot', '{}', 6), ('web:opened', 'client', '/start x', 5),
            ('web:spoke', 'client', '/start', 5), ('web:spoke', 'client', '/started', 6),
            ('web:forgotten', 'bot', '{}', 6), ('web:taken', 'client', '/start', 5);
        INSERT INTO buttons (chat, id, press) VALUES ('web:spoke', 'b', '{}'), ('web:none', 'b', '{}')",
    )
    .execute(&mut old)
    .await
    .expect("stored");
    old.close().await.expect("closed");
    folder.store().await.close().await.expect("closed");
    let mut new = SqliteConnectOptions::new().filename(folder.file()).connect().await.expect("connected");
    let chats: Vec<(String, i64, i64)> = sqlx::query_as("SELECT key, day, spoke FROM chats ORDER BY key")
        .fetch_all(&mut new)
        .await
        .expect("read");
    let silent: Vec<_> = chats.iter().filter(|(.., spoke)| *spoke == 0).map(|(key, ..)| key).collect();
    assert_eq!(silent, ["web:opened"]);
    assert!(chats.iter().all(|(_, day, _)| *day == 2), "{chats:?}");
    let ages: Vec<(i64,)> =
        sqlx::query_as("SELECT at FROM buttons ORDER BY chat DESC").fetch_all(&mut new).await.expect("read");
    assert_eq!(ages[0].0, 172_800_009);
    assert!(ages[1].0 > 1_700_000_000_000, "without a chat: now");
}

#[tokio::test]
async fn upgrading_makes_messages_and_leads_of_before_searchable() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("made");
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true);
    let mut old = options.connect().await.expect("connected");
    let mut before = sqlx::migrate::Migrator::DEFAULT;
    before.migrations = open::MIGRATIONS.iter().filter(|one| one.version < 7).cloned().collect();
    before.run_direct(None, &mut old, false).await.expect("migrated");
    sqlx::raw_sql(crate::suite::MESSAGES_OF_BEFORE).execute(&mut old).await.expect("stored");
    old.close().await.expect("closed");
    crate::suite::finds_messages_of_before(&folder.store().await).await;
    crate::suite::finds_leads_of_before(&folder.store().await).await;
}

#[tokio::test]
async fn upgrading_reads_the_tokens_of_calls_of_before() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().expect("a folder")).expect("made");
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true);
    let mut old = options.connect().await.expect("connected");
    let mut before = sqlx::migrate::Migrator::DEFAULT;
    before.migrations = open::MIGRATIONS.iter().filter(|one| one.version < 9).cloned().collect();
    before.run_direct(None, &mut old, false).await.expect("migrated");
    sqlx::raw_sql(crate::suite::CALLS_OF_BEFORE).execute(&mut old).await.expect("stored");
    old.close().await.expect("closed");
    crate::suite::counts_calls_of_before(&folder.store().await).await;
}
