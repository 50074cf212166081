//! Lists of chats and notes about them: the statements and reads of [`tolmach_runtime::ports::DialogStore`].

use std::collections::HashMap;

use async_trait::async_trait;
use tolmach_engine::effect::Effect;
use tolmach_runtime::{
    ports::{
        DialogQuery, DialogRow, DialogStore, FoundSaid, HandoffChange, MAX_FOUND, MessageRow, News, NoteRow,
        Queue, Result, TurnLine, Waiting,
    },
    texts,
};

use super::{
    DbConnection, Dialect, SqlStore, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, Rows, listed, plain, stored, without_nul},
    read::{author, first, number, text},
};

/// The most messages with the words of a search that are looked at, the newest: a word may stand in every message.
const HITS: i64 = 5_000;

/// The newest messages that are looked at before an index, where it has no order: frequent words stand in enough of them.
const RECENT: i64 = 3_000;

/// The statements of one dialect that differ.
pub(crate) struct Dialogs {
    pub(crate) turn_lines: &'static str,
    pub(crate) add_note: &'static str,
    pub(crate) find_said: &'static str,
    /// As [`Dialogs::find_said`], among the newest messages; `None` where the index gives the newest first.
    pub(crate) find_recent: Option<&'static str>,
    /// The chats of a list of keys.
    pub(crate) these: &'static str,
    /// The query of [`Dialogs::find_said`] for words.
    pub(crate) wanted: fn(&[String]) -> String,
}

/// The columns of a chat in a list. What is below `c` is read for the rows that are shown only.
macro_rules! dialog {
    ($condition:expr, $order:literal) => {
        concat!(
            "SELECT c.key, c.updated, c.said, c.awaited, c.handed, c.holder, c.language, c.client,
                EXISTS (SELECT 1 FROM leads AS l WHERE l.chat = c.key AND l.open = 1),
                (SELECT m.seq FROM messages AS m WHERE m.chat = c.key ORDER BY m.seq DESC LIMIT 1),
                (SELECT m.who FROM messages AS m WHERE m.chat = c.key ORDER BY m.seq DESC LIMIT 1),
                (SELECT m.body FROM messages AS m WHERE m.chat = c.key ORDER BY m.seq DESC LIMIT 1),
                (SELECT m.at FROM messages AS m WHERE m.chat = c.key ORDER BY m.seq DESC LIMIT 1)
            FROM chats AS c WHERE ",
            $condition,
            " AND ($1 = '' OR substr(c.key, 1, length($1)) = $1) AND ($2 = '' OR c.language = $2)
            AND ($3 = 0 OR EXISTS (SELECT 1 FROM leads AS l WHERE l.chat = c.key AND l.open = 1) = ($3 = 1))
            ORDER BY ",
            $order,
            " LIMIT $6"
        )
    };
}

const ALL: &str = dialog!("(c.updated, c.key) < ($4, $5)", "c.updated DESC, c.key DESC");
const UNANSWERED: &str =
    dialog!("(c.updated, c.key) < ($4, $5) AND c.said = 'client'", "c.updated DESC, c.key DESC");
const AWAITED: &str = dialog!("c.awaited IS NOT NULL AND (c.awaited, c.key) > ($4, $5)", "c.awaited, c.key");
const HELD: &str = dialog!("c.holder = $7 AND (c.updated, c.key) < ($4, $5)", "c.updated DESC, c.key DESC");
const ONE: &str = dialog!("c.key = $4 AND $5 = ''", "c.key");
const WAITING: &str = "SELECT (SELECT count(*) FROM chats WHERE awaited IS NOT NULL),
    (SELECT count(*) FROM chats WHERE holder = $1), (SELECT count(*) FROM leads WHERE status = 'new')";
const NEWS: &str = "SELECT seq, chat, who FROM messages WHERE seq > $1 ORDER BY seq LIMIT $2";
const LAST_NEWS: &str = "SELECT coalesce(max(seq), 0) FROM messages";
const NOTES: &str = "SELECT seq, at, author, body FROM (
        SELECT seq, at, author, body FROM notes WHERE chat = $1 ORDER BY seq DESC LIMIT 200
    ) AS n ORDER BY seq";

/// The newest message of each chat among the messages `hits`.
macro_rules! said {
    ($hits:literal) => {
        concat!(
            "WITH hits (seq, chat) AS MATERIALIZED (",
            $hits,
            "), newest AS (
                SELECT max(seq) AS seq FROM hits GROUP BY chat ORDER BY max(seq) DESC LIMIT $3)
            SELECT m.seq, m.chat, m.who, m.body, m.at, (SELECT count(*) FROM hits)
            FROM newest JOIN messages AS m ON m.seq = newest.seq ORDER BY m.seq DESC"
        )
    };
}

/// `open`, `close`: what stands around a text to read it as JSON; `rows`: the source of `e (key, value)`.
/// `locked`: what keeps the chat `c` from being erased meanwhile. `listed`: the source of `e (value)` from the keys `$4`; `hits`: the newest `$2`
/// messages with the words `$1` and their chats; `recent`: the statement that looks for them among the newest `$2`; `wanted`: how these words are written.
macro_rules! dialogs {
    (open: $open:literal, close: $close:literal, rows: $rows:literal, locked: $locked:literal, listed: $listed:literal, hits: $hits:literal,
        recent: $recent:expr, wanted: $wanted:expr $(,)?) => {
        Dialogs {
            // Traces are opened after the limit: PostgreSQL would open all of a long chat to sort them.
            turn_lines: concat!(
                "SELECT seq, at, event, release, CAST(",
                $open,
                "trace",
                $close,
                "->'trace'->'visits' AS TEXT),
                    CASE WHEN trace LIKE '%\"command\":\"hand_off\"%' OR trace LIKE '%\"command\":\"end_handoff\"%'
                        OR trace LIKE '%\"command\":\"take_back\"%' THEN CAST(",
                $open,
                "trace",
                $close,
                "->'effects' AS TEXT) END
                FROM (
                    SELECT seq, at, event, release, trace FROM turns
                    WHERE chat = $1 AND at >= $2 AND at < $3 ORDER BY seq DESC LIMIT $4
                ) AS t ORDER BY seq"
            ),
            add_note: concat!(
                "INSERT INTO notes (chat, at, author, body)
                SELECT e.value->>0, CAST(e.value->>1 AS BIGINT), e.value->>2, e.value->>3 FROM ",
                $rows,
                " JOIN chats AS c ON c.key = e.value->>0",
                $locked
            ),
            find_said: said!($hits),
            find_recent: $recent,
            these: dialog!(concat!("c.key IN (SELECT e.value->>0 FROM ", $listed, ") AND $5 = ''"), "c.key"),
            wanted: $wanted,
        }
    };
}

pub(super) const SQLITE: Dialogs = dialogs!(open: "", close: "", rows: "json_each($1) AS e", locked: "",
    listed: "json_each($4) AS e", hits: "SELECT m.seq, m.chat FROM (
        SELECT rowid AS seq FROM message_words WHERE message_words MATCH $1 ORDER BY rowid DESC LIMIT $2
    ) AS f JOIN messages AS m ON m.seq = f.seq",
    recent: None,
    wanted: |words| wanted(words, '"', "*", " "),
);
pub(super) const POSTGRES: Dialogs = dialogs!(open: "CAST(", close: " AS json)",
    rows: "(SELECT value FROM json_array_elements($1::json) AS a (value)) AS e", locked: " FOR SHARE OF c",
    listed: "(SELECT value FROM json_array_elements($4::json) AS a (value)) AS e",
    // Sorted by an expression, because a planner that takes a rare word for a frequent one would read the whole table backwards.
    hits: "SELECT seq, chat FROM messages WHERE words @@ CAST($1 AS tsquery) ORDER BY seq + 0 DESC LIMIT $2",
    recent: Some(said!("SELECT seq, chat FROM (SELECT seq, chat, words FROM messages ORDER BY seq DESC LIMIT $2) AS r
        WHERE words @@ CAST($1 AS tsquery)")),
    wanted: |words| wanted(words, '\'', ":*", " & "),
);

/// Words in the language of an index. They hold letters and digits only, so quotes keep them from meaning anything else.
fn wanted(words: &[String], quote: char, beginning: &str, and: &str) -> String {
    let word = |word: &String| {
        let beginning = if texts::is_letter(word) { "" } else { beginning };
        format!("{quote}{word}{quote}{beginning}")
    };
    words.iter().map(word).collect::<Vec<_>>().join(and)
}

type Columns = (
    String,
    i64,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    bool,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

fn row(columns: Columns) -> DialogRow {
    let (
        chat,
        updated,
        said,
        awaited_since,
        taken_over_at,
        holder,
        language,
        client,
        has_lead,
        seq,
        who,
        body,
        at,
    ) = columns;
    let last = seq.zip(who).zip(body.zip(at));
    DialogRow {
        chat,
        updated,
        said: said.as_deref().map(author),
        awaited_since,
        taken_over_at,
        holder,
        language: language.unwrap_or_default(),
        client: client.unwrap_or_default(),
        has_lead,
        last: last.map(|((seq, who), (body, at))| MessageRow { seq, who: author(&who), body, at }),
    }
}

pub(super) async fn dialogs<D: Dialect>(db: &D, query: &DialogQuery) -> sqlx::Result<Vec<DialogRow>> {
    let (sql, from) = match query.queue {
        Queue::All => (ALL, i64::MAX),
        Queue::Unanswered => (UNANSWERED, i64::MAX),
        Queue::Awaited => (AWAITED, i64::MIN),
        Queue::HeldBy(_) => (HELD, i64::MAX),
    };
    let (at, chat) = query.after.clone().unwrap_or((from, String::new()));
    let channel = query.channel.as_ref().map(|channel| format!("{channel}:")).unwrap_or_default();
    let mut values = vec![
        text(&channel),
        text(query.language.as_deref().unwrap_or_default()),
        Value::Integer(query.with_lead.map_or(0, |with| if with { 1 } else { 2 })),
        Value::Integer(at),
        text(&chat),
        number(query.limit),
    ];
    if let Queue::HeldBy(holder) = &query.queue {
        values.push(text(holder));
    }
    let rows: Vec<Columns> = db.fetch(sql, values).await?;
    Ok(rows.into_iter().map(row).collect())
}

pub(super) async fn dialog<D: Dialect>(db: &D, chat: &str) -> sqlx::Result<Option<DialogRow>> {
    let values = vec![text(""), text(""), Value::Integer(0), text(chat), text(""), number(1)];
    Ok(first(db, ONE, values).await?.map(row))
}

pub(super) async fn waiting<D: Dialect>(db: &D, holder: &str) -> sqlx::Result<Waiting> {
    let row: Option<(i64, i64, i64)> = first(db, WAITING, vec![text(holder)]).await?;
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let (awaited, mine, new_leads) = row.unwrap_or_default();
    Ok(Waiting { awaited: count(awaited), mine: count(mine), new_leads: count(new_leads) })
}

pub(super) async fn news<D: Dialect>(db: &D, after: i64, limit: u32) -> sqlx::Result<Vec<News>> {
    let rows: Vec<(i64, String, String)> = db.fetch(NEWS, vec![Value::Integer(after), number(limit)]).await?;
    Ok(rows.into_iter().map(|(seq, chat, who)| News { seq, chat, who: author(&who) }).collect())
}

pub(super) async fn find_said<D: Dialect>(db: &D, wanted: &str, limit: u32) -> sqlx::Result<FoundSaid> {
    let words = texts::searched(wanted);
    if words.is_empty() {
        return Ok(FoundSaid::default());
    }
    let dialogs = &db.statements().dialogs;
    let limit = limit.min(MAX_FOUND);
    let values = |among| {
        vec![Value::Text((dialogs.wanted)(&words)), Value::Integer(among), number(limit.saturating_add(1))]
    };
    type Row = (i64, String, String, String, i64, i64);
    let mut rows: Vec<Row> = match dialogs.find_recent {
        Some(statement) => db.fetch(statement, values(RECENT)).await?,
        None => Vec::new(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        rows = db.fetch(dialogs.find_said, values(HITS)).await?;
    }
    let more = rows.len() > limit || rows.first().is_some_and(|(.., hits)| *hits >= HITS);
    let chats: Vec<&str> = rows.iter().take(limit).map(|(_, chat, ..)| chat.as_str()).collect();
    let chats = listed(&chats).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let values =
        vec![text(""), text(""), Value::Integer(0), Value::Text(chats), text(""), Value::Integer(i64::MAX)];
    let listed: Vec<Columns> = db.fetch(dialogs.these, values).await?;
    let mut listed: HashMap<String, DialogRow> =
        listed.into_iter().map(row).map(|row| (row.chat.clone(), row)).collect();
    // A chat that was erased meanwhile is in no list.
    let found = rows.into_iter().take(limit).filter_map(|(seq, chat, who, body, at, _)| {
        Some((listed.remove(&chat)?, MessageRow { seq, who: author(&who), body, at }))
    });
    Ok(FoundSaid { found: found.collect(), more })
}

pub(super) async fn last_news<D: Dialect>(db: &D) -> sqlx::Result<i64> {
    let row: Option<(i64,)> = first(db, LAST_NEWS, vec![]).await?;
    Ok(row.map_or(0, |(seq,)| seq))
}

pub(super) async fn turn_lines<D: Dialect>(
    db: &D,
    chat: &str,
    (from, until): (i64, i64),
    limit: u32,
) -> sqlx::Result<Vec<TurnLine>> {
    type Row = (i64, i64, String, String, Option<String>, Option<String>);
    let values = vec![text(chat), Value::Integer(from), Value::Integer(until), number(limit)];
    let rows: Vec<Row> = db.fetch(db.statements().dialogs.turn_lines, values).await?;
    let line = |(seq, at, event, release, visits, effects): Row| {
        let visits = visits.map(|visits| stored(&visits)).transpose()?.unwrap_or_default();
        let effects: Vec<Effect> = effects.map(|effects| stored(&effects)).transpose()?.unwrap_or_default();
        let handoff = HandoffChange::of(&effects);
        Ok(TurnLine { seq, at, event: stored(&event)?, release, visits, handoff })
    };
    rows.into_iter().map(line).collect()
}

pub(super) fn add_note(note: &NoteRow) -> Result<Operation> {
    plain("chat", &note.chat)?;
    let row = (&note.chat, note.at, without_nul(note.author.clone()), without_nul(note.body.clone()));
    Ok(Operation::AddNote(Rows::one(&row)?))
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn add_note(&mut self, rows: &Rows) -> sqlx::Result<Answer> {
        self.flush().await?;
        let values = vec![Value::Text(format!("[{}]", rows.text()))];
        Ok(Answer::Found(self.session.run(self.statements.dialogs.add_note, values).await? > 0))
    }
}

pub(super) async fn notes<D: Dialect>(db: &D, chat: &str) -> sqlx::Result<Vec<NoteRow>> {
    let rows: Vec<(i64, i64, String, String)> = db.fetch(NOTES, vec![text(chat)]).await?;
    let note = |(seq, at, author, body)| NoteRow { seq, chat: chat.to_owned(), at, author, body };
    Ok(rows.into_iter().map(note).collect())
}

#[async_trait]
impl<D: Dialect> DialogStore for SqlStore<D> {
    async fn dialogs(&self, query: &DialogQuery) -> Result<Vec<DialogRow>> {
        self.said(dialogs(&*self.dialect, query).await)
    }

    async fn dialog(&self, chat: &str) -> Result<Option<DialogRow>> {
        self.said(dialog(&*self.dialect, chat).await)
    }

    async fn waiting(&self, holder: &str) -> Result<Waiting> {
        self.said(waiting(&*self.dialect, holder).await)
    }

    async fn news(&self, after: i64, limit: u32) -> Result<Vec<News>> {
        self.said(news(&*self.dialect, after, limit).await)
    }

    async fn find_said(&self, text: &str, limit: u32) -> Result<FoundSaid> {
        self.said(find_said(&*self.dialect, text, limit).await)
    }

    async fn last_news(&self) -> Result<i64> {
        self.said(last_news(&*self.dialect).await)
    }

    async fn turn_lines(&self, chat: &str, from: i64, until: i64, limit: u32) -> Result<Vec<TurnLine>> {
        self.said(turn_lines(&*self.dialect, chat, (from, until), limit).await)
    }

    async fn add_note(&self, note: &NoteRow) -> Result<bool> {
        Ok(self.write(add_note(note)?).await?.found())
    }

    async fn notes(&self, chat: &str) -> Result<Vec<NoteRow>> {
        self.said(notes(&*self.dialect, chat).await)
    }
}
