//! A group of operations as one transaction. Every statement takes the rows of the whole group as one JSON array.
//!
//! No decision about retrying lives here: a failure rolls everything back and is reported.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tolmach_engine::{
    effect::Lead,
    event::{Client, Event, Kind},
};
use tolmach_runtime::ports::{ChatKey, CommitOutcome, PublishOutcome};
use uuid::Uuid;

use super::operation::{Answer, Operation, Publishing, Received, Rows, Turn, merge, stored};

/// Why a group was not stored.
pub(super) enum Failure {
    /// The transaction did not begin.
    Begin(sqlx::Error),
    /// Something inside failed; it was rolled back.
    Inside(sqlx::Error),
}

impl Failure {
    pub(super) fn error(&self) -> &sqlx::Error {
        match self {
            Failure::Begin(error) | Failure::Inside(error) => error,
        }
    }
}

/// Stores all or nothing; answers in the order of the operations.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    operations: &[&Operation],
) -> Result<Vec<Answer>, Failure> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(Failure::Begin)?;
    let stored = match inside(connection, operations).await {
        Ok(answers) => sqlx::query("COMMIT").execute(&mut *connection).await.map(|_| answers),
        Err(error) => Err(error),
    };
    if stored.is_err() {
        // Fails where SQLite has rolled back by itself (a full disk), which is as good.
        drop(sqlx::query("ROLLBACK").execute(connection).await);
    }
    stored.map_err(Failure::Inside)
}

async fn inside(connection: &mut SqliteConnection, operations: &[&Operation]) -> sqlx::Result<Vec<Answer>> {
    let mut answers = vec![Answer::Done; operations.len()];
    let mut received = Vec::new();
    let mut turns = Vec::new();
    let mut delivered = Array::default();
    let mut put_off = Array::default();
    let mut releases = Array::default();
    let mut fires = Vec::new();
    let mut publications = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        match operation {
            Operation::Receive(rows) => received.push((index, rows.as_slice())),
            Operation::Commit(turn) => turns.push((index, turn.as_ref())),
            Operation::Delivered(rows) => delivered.add(rows),
            Operation::PutOff(rows) => put_off.add(rows),
            Operation::FireTimers { now, channels } => fires.push((index, *now, channels.as_str())),
            Operation::KeepRelease(rows) => releases.add(rows),
            Operation::Publish(publishing) => publications.push((index, publishing.as_ref())),
        }
    }
    receive(connection, &received, &mut answers).await?;
    commit(connection, &turns, &mut answers).await?;
    delivered.run(connection, DELIVERED).await?;
    put_off.run(connection, PUT_OFF).await?;
    releases.run(connection, KEEP_RELEASE).await?;
    for (index, now, channels) in fires {
        if let Some(answer) = answers.get_mut(index) {
            *answer = Answer::Chats(fire(connection, now, channels).await?);
        }
    }
    for (index, publishing) in publications {
        if let Some(answer) = answers.get_mut(index) {
            *answer = Answer::Published(publish(connection, publishing).await?);
        }
    }
    Ok(answers)
}

const RECEIVE: &str = "INSERT INTO inbox (channel, key, chat, event, button)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1) WHERE true ORDER BY json_each.key
ON CONFLICT (channel, key) DO NOTHING RETURNING channel, key";

async fn receive(
    connection: &mut SqliteConnection,
    received: &[(usize, &[Received])],
    answers: &mut [Answer],
) -> sqlx::Result<()> {
    let mut rows = Array::default();
    // Of two callers that bring the same update at once, the first has it.
    let mut bringers: HashMap<(&str, &str), (usize, &ChatKey)> = HashMap::new();
    for (index, items) in received {
        for item in *items {
            let identity = (item.identity.0.as_str(), item.identity.1.as_str());
            bringers.entry(identity).or_insert_with(|| {
                rows.push(&item.row);
                (*index, &item.chat)
            });
        }
    }
    let mut chats: HashMap<usize, Vec<ChatKey>> = HashMap::new();
    for row in rows.fetch(connection, RECEIVE).await? {
        let identity: (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        if let Some((index, chat)) = bringers.get(&identity) {
            let chats = chats.entry(*index).or_default();
            if !chats.contains(chat) {
                chats.push((*chat).clone());
            }
        }
    }
    for (index, _) in received {
        if let Some(answer) = answers.get_mut(*index) {
            *answer = Answer::Chats(chats.remove(index).unwrap_or_default());
        }
    }
    Ok(())
}

const CHECK: &str = "SELECT e.key,
    coalesce(c.version, 0) = e.value->>1 AND json_array_length(e.value, '$[2]') = (
        SELECT count(*) FROM json_each(e.value, '$[2]') s
        JOIN inbox i ON i.seq = s.value AND i.chat = e.value->>0 AND i.consumed IS NULL)
FROM json_each(?1) e
LEFT JOIN chats c ON c.key = e.value->>0";
const CHATS: &str = "INSERT INTO chats (key, session, version, updated, release, flow, node, handed)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7
FROM json_each(?1) WHERE true
ON CONFLICT (key) DO UPDATE SET session = excluded.session, version = excluded.version, updated = excluded.updated,
    release = excluded.release, flow = excluded.flow, node = excluded.node, handed = excluded.handed";
const CONSUME: &str = "UPDATE inbox SET consumed = e.value->>1, event = NULL, button = NULL
FROM json_each(?1) e WHERE inbox.seq = e.value->>0";
const MESSAGES: &str = "INSERT INTO messages (chat, who, body, at)
SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) ORDER BY json_each.key";
const TURNS: &str = "INSERT INTO turns (chat, event, release, trace, at)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1)";
const BUTTONS: &str = "INSERT INTO buttons (chat, id, press)
SELECT value->>0, value->>1, value->>2 FROM json_each(?1) WHERE true
ON CONFLICT (chat, id) DO UPDATE SET press = excluded.press";
const OUTBOX: &str = "INSERT INTO outbox (effect, chat, payload, due)
SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true ORDER BY json_each.key
ON CONFLICT (effect) DO NOTHING";
const STOP_TIMERS: &str = "DELETE FROM timers
WHERE (chat, name) IN (SELECT value->>0, value->>1 FROM json_each(?1))";
// A timer that fell due while its chat was busy, and is stopped by the very turn it waited for, must not fire. Its row goes,
// for its key is needed again: a turn of a message that came in the same millisecond starts the timer for the same time.
const STOP_FIRED: &str = "DELETE FROM inbox
WHERE consumed IS NULL AND (chat, timer) IN (SELECT value->>0, value->>1 FROM json_each(?1))";
const START_TIMERS: &str = "INSERT INTO timers (chat, name, channel, due)
SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1)";
const MARKS: &str = "INSERT INTO marks (effect, chat, kind, name, value, arms, arm, release, at)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
FROM json_each(?1) WHERE true ORDER BY json_each.key
ON CONFLICT (effect) DO NOTHING";

async fn commit(
    connection: &mut SqliteConnection,
    turns: &[(usize, &Turn)],
    answers: &mut [Answer],
) -> sqlx::Result<()> {
    let winners = winners(connection, turns).await?;
    let mut chats = Array::default();
    let mut consumed = Array::default();
    let mut messages = Array::default();
    let mut traces = Array::default();
    let mut buttons = Array::default();
    let mut outbox = Array::default();
    let mut stopped = Array::default();
    let mut started = Array::default();
    let mut marks = Array::default();
    let mut leads = Vec::new();
    for (position, (index, turn)) in turns.iter().enumerate() {
        let won = winners.contains(&position);
        if let Some(answer) = answers.get_mut(*index) {
            *answer = Answer::Outcome(if won { CommitOutcome::Stored } else { CommitOutcome::Conflict });
        }
        if !won {
            continue;
        }
        chats.push(&turn.session);
        consumed.add(&turn.consumed);
        messages.add(&turn.messages);
        traces.push(&turn.turn);
        buttons.add(&turn.buttons);
        outbox.add(&turn.outbox);
        stopped.add(&turn.stopped);
        started.add(&turn.started);
        marks.add(&turn.marks);
        leads.extend(turn.leads.iter().map(|(id, lead)| (*turn, id.as_str(), lead)));
    }
    chats.run(connection, CHATS).await?;
    consumed.run(connection, CONSUME).await?;
    messages.run(connection, MESSAGES).await?;
    traces.run(connection, TURNS).await?;
    buttons.run(connection, BUTTONS).await?;
    outbox.run(connection, OUTBOX).await?;
    let stopped = stopped.finish();
    run_with(connection, STOP_TIMERS, stopped.as_deref()).await?;
    run_with(connection, STOP_FIRED, stopped.as_deref()).await?;
    started.run(connection, START_TIMERS).await?;
    marks.run(connection, MARKS).await?;
    store_leads(connection, leads).await
}

/// Positions of the turns that may be stored: the chat and the inbox row are as the turn found them, and no
/// earlier turn of the group is of the same chat.
async fn winners(
    connection: &mut SqliteConnection,
    turns: &[(usize, &Turn)],
) -> sqlx::Result<HashSet<usize>> {
    let mut checks = Array::default();
    for (_, turn) in turns {
        checks.push(&turn.check);
    }
    let mut fitting = Vec::new();
    for row in checks.fetch(connection, CHECK).await? {
        if row.try_get::<bool, _>(1)? {
            fitting.push(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX));
        }
    }
    fitting.sort_unstable();
    let mut taken = HashSet::new();
    fitting.retain(|position| turns.get(*position).is_some_and(|(_, turn)| taken.insert(turn.chat.as_str())));
    Ok(fitting.into_iter().collect())
}

const OPEN_LEADS: &str = "SELECT l.chat, l.id, l.lead, l.created
FROM json_each(?1) e JOIN leads l ON l.chat = e.value AND l.open = 1";
const LEADS: &str = "INSERT INTO leads (id, chat, lead, created, updated)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET lead = excluded.lead, updated = excluded.updated";

async fn store_leads(
    connection: &mut SqliteConnection,
    leads: Vec<(&Turn, &str, &Lead)>,
) -> sqlx::Result<()> {
    struct Open {
        id: String,
        lead: Lead,
        created: i64,
        updated: i64,
    }
    if leads.is_empty() {
        return Ok(());
    }
    let chats: HashSet<&str> = leads.iter().map(|(turn, ..)| turn.chat.as_str()).collect();
    let mut open: BTreeMap<String, Open> = BTreeMap::new();
    for row in sqlx::query(OPEN_LEADS).bind(encode(&chats)?).fetch_all(&mut *connection).await? {
        let (lead, created) = (stored(row.try_get(2)?)?, row.try_get(3)?);
        open.insert(row.try_get(0)?, Open { id: row.try_get(1)?, lead, created, updated: created });
    }
    for (turn, id, lead) in leads {
        let open = open.entry(turn.chat.clone()).or_insert_with(|| Open {
            id: id.to_owned(),
            lead: Lead { source: lead.source.clone(), ..Lead::default() },
            created: turn.at,
            updated: turn.at,
        });
        open.updated = turn.at;
        merge(&mut open.lead, lead.clone());
    }
    let mut rows = Array::default();
    for (chat, Open { id, lead, created, updated }) in &open {
        rows.push(&encode(&(id, chat, encode(lead)?, created, updated))?);
    }
    rows.run(connection, LEADS).await
}

const DELIVERED: &str = "UPDATE outbox SET delivered = 1, payload = ''
FROM json_each(?1) e WHERE outbox.effect = e.value";
const PUT_OFF: &str = "UPDATE outbox SET due = e.value->>1, attempts = attempts + 1
FROM json_each(?1) e WHERE outbox.effect = e.value->>0 AND outbox.delivered = 0";
const KEEP_RELEASE: &str = "INSERT INTO releases (id, files, at)
SELECT value->>0, value->>1, value->>2 FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING";
const DUE_TIMERS: &str = "DELETE FROM timers
WHERE channel IN (SELECT value FROM json_each(?1)) AND due <= ?2 RETURNING due, chat, name, channel";
const FIRE_TIMERS: &str = "INSERT INTO inbox (channel, key, chat, event, timer)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1) WHERE true ORDER BY json_each.key
ON CONFLICT (channel, key) DO NOTHING RETURNING chat";

const CURRENT: &str = "SELECT release FROM publications ORDER BY seq DESC LIMIT 1";
const PUBLISH: &str = "INSERT INTO publications (release, parent, author, note, at, kind, moves)
SELECT ?1->>0, ?1->>1, ?1->>2, ?1->>3, ?1->>4, ?1->>5, ?1->>6 RETURNING seq";

/// Nobody else writes between the look and the insert: the transaction has the file since it began.
async fn publish(connection: &mut SqliteConnection, publishing: &Publishing) -> sqlx::Result<PublishOutcome> {
    let current: Option<String> = sqlx::query_scalar(CURRENT).fetch_optional(&mut *connection).await?;
    if current != publishing.expected {
        return Ok(PublishOutcome::Conflict { current });
    }
    let seq = sqlx::query_scalar(PUBLISH).bind(publishing.row.clone()).fetch_one(connection).await?;
    Ok(PublishOutcome::Stored(seq))
}

async fn fire(connection: &mut SqliteConnection, now: i64, channels: &str) -> sqlx::Result<Vec<ChatKey>> {
    let due = sqlx::query(DUE_TIMERS).bind(channels).bind(now).fetch_all(&mut *connection).await?;
    let timer = |row: &SqliteRow| -> sqlx::Result<(i64, String, String, String)> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
    };
    let mut timers = due.iter().map(timer).collect::<sqlx::Result<Vec<_>>>()?;
    timers.sort_unstable();
    let mut rows = Array::default();
    for (due, chat, name, channel) in timers {
        let key = format!("timer:{chat}:{name}:{due}");
        // The id derives from the key: a timer that fires again after a crash causes the same effects.
        let hash = blake3::hash(format!("{channel}\0{key}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(hash.as_bytes().split_at(16).0);
        let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        let event = event(id, now, &name)?;
        rows.push(&encode(&(channel, key, chat, event, name))?);
    }
    let mut chats = Vec::new();
    for row in rows.fetch(connection, FIRE_TIMERS).await? {
        chats.push(row.try_get(0)?);
    }
    chats.sort_unstable();
    chats.dedup();
    Ok(chats)
}

fn event(id: Uuid, at: i64, timer: &str) -> sqlx::Result<String> {
    encode(&Event { id, at, client: Client::default(), kind: Kind::Timer { name: timer.to_owned() } })
}

fn encode<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// A JSON array in the making; empty means that there is nothing to run.
#[derive(Default)]
struct Array(String);

impl Array {
    fn add(&mut self, rows: &Rows) {
        if !rows.text().is_empty() {
            self.push(rows.text());
        }
    }

    fn push(&mut self, rows: &str) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(rows);
    }

    fn finish(mut self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push(']');
        Some(self.0)
    }

    async fn run(self, connection: &mut SqliteConnection, sql: &'static str) -> sqlx::Result<()> {
        run_with(connection, sql, self.finish().as_deref()).await
    }

    async fn fetch(
        self,
        connection: &mut SqliteConnection,
        sql: &'static str,
    ) -> sqlx::Result<Vec<SqliteRow>> {
        match self.finish() {
            Some(rows) => sqlx::query(sql).bind(rows).fetch_all(connection).await,
            None => Ok(Vec::new()),
        }
    }
}

async fn run_with(
    connection: &mut SqliteConnection,
    sql: &'static str,
    rows: Option<&str>,
) -> sqlx::Result<()> {
    if let Some(rows) = rows {
        sqlx::query(sql).bind(rows.to_owned()).execute(connection).await?;
    }
    Ok(())
}
