//! Reads. Each is one statement on a read-only connection, so it sees one state: everything acknowledged so far.

use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use tolmach_engine::effect::{Press, Who};
use tolmach_runtime::ports::{
    BURST, Bundle, Chat, ChatKey, HandedChat, InboxRow, LeadRow, Mark, Marked, MessageRow, Next, OutboxRow,
    Publication, PublicationKind, StoredTurn, WaitingPlace,
};

use super::operation::stored;

pub(super) async fn next(pool: &SqlitePool, chat: &str) -> sqlx::Result<Next> {
    // One row at least, so that the chat comes along when nothing waits.
    let sql = "SELECT i.seq, i.event, i.button, c.session, coalesce(c.version, 0),
            EXISTS (SELECT 1 FROM outbox o WHERE o.chat = $1 AND o.delivered = 0)
        FROM (SELECT 1) one
        LEFT JOIN chats c ON c.key = $1
        LEFT JOIN inbox i ON i.chat = $1 AND i.consumed IS NULL
        ORDER BY i.seq LIMIT $2";
    let rows = sqlx::query(sql).bind(chat).bind(BURST).fetch_all(pool).await?;
    let mut next = Next::default();
    for row in rows {
        next.chat = Chat { session: row.try_get(3)?, version: row.try_get(4)? };
        next.owed = row.try_get(5)?;
        let (Some(seq), Some(event)) = (row.try_get(0)?, row.try_get::<Option<&str>, _>(1)?) else {
            continue;
        };
        let event = stored(event)?;
        next.rows.push(InboxRow { seq, chat: chat.to_owned(), event, button: row.try_get(2)? });
    }
    Ok(next)
}

pub(super) async fn chat(pool: &SqlitePool, chat: &str) -> sqlx::Result<Chat> {
    let sql = "SELECT session, version FROM chats WHERE key = ?1";
    match sqlx::query(sql).bind(chat).fetch_optional(pool).await? {
        Some(row) => Ok(Chat { session: row.try_get(0)?, version: row.try_get(1)? }),
        None => Ok(Chat::default()),
    }
}

pub(super) async fn unfinished(
    pool: &SqlitePool,
    now: i64,
    channels: &[String],
) -> sqlx::Result<Vec<ChatKey>> {
    let sql = "SELECT chat FROM (
            SELECT chat FROM inbox WHERE consumed IS NULL UNION SELECT chat FROM outbox WHERE delivered = 0 AND due <= ?2
        ) WHERE substr(chat, 1, instr(chat, ':') - 1) IN (SELECT value FROM json_each(?1)) ORDER BY chat";
    sqlx::query_scalar(sql).bind(json(channels)?).bind(now).fetch_all(pool).await
}

pub(super) async fn outbox(pool: &SqlitePool, chat: &str) -> sqlx::Result<Vec<OutboxRow>> {
    let sql =
        "SELECT effect, payload, attempts, due FROM outbox WHERE chat = ?1 AND delivered = 0 ORDER BY seq";
    let rows = sqlx::query(sql).bind(chat).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(OutboxRow {
                effect: row.try_get(0)?,
                chat: chat.to_owned(),
                payload: row.try_get(1)?,
                attempts: row.try_get(2)?,
                due: row.try_get(3)?,
            })
        })
        .collect()
}

pub(super) async fn button(pool: &SqlitePool, chat: &str, id: &str) -> sqlx::Result<Option<Press>> {
    let sql = "SELECT press FROM buttons WHERE chat = ?1 AND id = ?2";
    match sqlx::query(sql).bind(chat).bind(id).fetch_optional(pool).await? {
        Some(row) => stored(row.try_get(0)?).map(Some),
        None => Ok(None),
    }
}

pub(super) async fn next_timer(pool: &SqlitePool, channels: &[String]) -> sqlx::Result<Option<i64>> {
    let sql = "SELECT min(due) FROM (
            SELECT (SELECT min(due) FROM timers WHERE channel = e.value) AS due FROM json_each(?1) e
        )";
    sqlx::query_scalar(sql).bind(json(channels)?).fetch_one(pool).await
}

pub(super) async fn messages(
    pool: &SqlitePool,
    chat: &str,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<MessageRow>> {
    let sql = "SELECT seq, who, body, at FROM (
            SELECT seq, who, body, at FROM messages WHERE chat = ?1 AND seq > ?2 ORDER BY seq DESC LIMIT ?3
        ) ORDER BY seq";
    let rows = sqlx::query(sql).bind(chat).bind(after).bind(limit).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let who = if row.try_get::<&str, _>(1)? == "client" { Who::Client } else { Who::Bot };
            Ok(MessageRow { seq: row.try_get(0)?, who, body: row.try_get(2)?, at: row.try_get(3)? })
        })
        .collect()
}

pub(super) async fn leads(pool: &SqlitePool, limit: u32) -> sqlx::Result<Vec<LeadRow>> {
    let sql = "SELECT id, chat, lead, created, updated FROM leads ORDER BY created DESC, seq DESC LIMIT ?1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(LeadRow {
                id: row.try_get(0)?,
                chat: row.try_get(1)?,
                lead: stored(row.try_get(2)?)?,
                created: row.try_get(3)?,
                updated: row.try_get(4)?,
            })
        })
        .collect()
}

pub(super) async fn turns(pool: &SqlitePool, chat: &str, limit: u32) -> sqlx::Result<Vec<StoredTurn>> {
    let sql = "SELECT seq, chat, at, event, release, trace FROM turns WHERE chat = ?1 ORDER BY seq LIMIT ?2";
    let rows = sqlx::query(sql).bind(chat).bind(limit).fetch_all(pool).await?;
    rows.iter().map(turn).collect()
}

pub(super) async fn turns_since(
    pool: &SqlitePool,
    at: i64,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<StoredTurn>> {
    let sql = "SELECT seq, chat, at, event, release, trace FROM turns
        WHERE seq > ?2 AND at >= ?1 ORDER BY seq LIMIT ?3";
    let rows = sqlx::query(sql).bind(at).bind(after).bind(limit).fetch_all(pool).await?;
    rows.iter().map(turn).collect()
}

fn turn(row: &SqliteRow) -> sqlx::Result<StoredTurn> {
    Ok(StoredTurn {
        seq: row.try_get(0)?,
        chat: row.try_get(1)?,
        at: row.try_get(2)?,
        event: stored(row.try_get(3)?)?,
        release: row.try_get(4)?,
        trace: row.try_get(5)?,
    })
}

pub(super) async fn waiting_places(pool: &SqlitePool) -> sqlx::Result<Vec<WaitingPlace>> {
    let sql = "SELECT release, flow, node, count(*) AS chats FROM chats WHERE node IS NOT NULL
        GROUP BY release, flow, node ORDER BY chats DESC, release, flow, node";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    let place = |row: &SqliteRow| {
        let chats = u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or_default();
        Ok(WaitingPlace { release: row.try_get(0)?, flow: row.try_get(1)?, node: row.try_get(2)?, chats })
    };
    rows.iter().map(place).collect()
}

pub(super) async fn chats_at_rest(pool: &SqlitePool) -> sqlx::Result<u64> {
    let sql = "SELECT count(*) FROM chats WHERE node IS NULL";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(pool).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

pub(super) async fn chats_like(pool: &SqlitePool, part: &str) -> sqlx::Result<Vec<ChatKey>> {
    let sql = "SELECT key FROM chats WHERE instr(key, ?1) > 0 ORDER BY updated DESC, key LIMIT 10";
    sqlx::query_scalar(sql).bind(part).fetch_all(pool).await
}

pub(super) async fn handed(pool: &SqlitePool) -> sqlx::Result<Vec<HandedChat>> {
    let sql = "SELECT key, handed FROM chats WHERE handed IS NOT NULL ORDER BY handed, key";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    rows.iter().map(|row| Ok(HandedChat { chat: row.try_get(0)?, since: row.try_get(1)? })).collect()
}

pub(super) async fn marks_since(pool: &SqlitePool, at: i64) -> sqlx::Result<Vec<Mark>> {
    let sql = "SELECT effect, chat, kind, name, value, arms, arm, release, at FROM marks
        WHERE at >= ?1 ORDER BY seq";
    let rows = sqlx::query(sql).bind(at).fetch_all(pool).await?;
    let mark = |row: &SqliteRow| {
        let what = if row.try_get::<&str, _>(2)? == "goal" {
            Marked::Goal { name: row.try_get(3)?, value: row.try_get(4)?, arms: stored(row.try_get(5)?)? }
        } else {
            Marked::Arm { experiment: row.try_get(3)?, arm: row.try_get(6)? }
        };
        let (effect, chat) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Mark { effect, chat, what, release: row.try_get(7)?, at: row.try_get(8)? })
    };
    rows.iter().map(mark).collect()
}

pub(super) async fn publications(pool: &SqlitePool, limit: u32) -> sqlx::Result<Vec<Publication>> {
    let sql = "SELECT seq, release, parent, author, note, at, kind, moves FROM publications
        ORDER BY seq DESC LIMIT ?1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(pool).await?;
    let publication = |row: &SqliteRow| {
        let kind = match row.try_get(6)? {
            "rollback" => PublicationKind::Rollback,
            _ => PublicationKind::Publish,
        };
        Ok(Publication {
            seq: row.try_get(0)?,
            release: row.try_get(1)?,
            parent: row.try_get(2)?,
            author: row.try_get(3)?,
            note: row.try_get(4)?,
            at: row.try_get(5)?,
            kind,
            moves: stored(row.try_get(7)?)?,
        })
    };
    rows.iter().map(publication).collect()
}

pub(super) async fn releases_like(pool: &SqlitePool, prefix: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT id FROM releases WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 10";
    sqlx::query_scalar(sql).bind(prefix).fetch_all(pool).await
}

pub(super) async fn release(pool: &SqlitePool, id: &str) -> sqlx::Result<Option<Bundle>> {
    let sql = "SELECT files FROM releases WHERE id = ?1";
    let row = sqlx::query(sql).bind(id).fetch_optional(pool).await?;
    row.map(|row| Ok(Bundle { id: id.to_owned(), files: row.try_get(0)? })).transpose()
}

pub(super) async fn ping(pool: &SqlitePool) -> sqlx::Result<()> {
    sqlx::query("SELECT 1 FROM chats LIMIT 1").fetch_optional(pool).await.map(drop)
}

fn json(channels: &[String]) -> sqlx::Result<String> {
    serde_json::to_string(channels).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
