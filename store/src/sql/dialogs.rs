//! Lists of chats and notes about them: the statements and reads of [`tolmach_runtime::ports::DialogStore`].

use tolmach_engine::effect::Effect;
use tolmach_runtime::ports::{
    DialogQuery, DialogRow, HandoffChange, MessageRow, News, NoteRow, Queue, Result, Said, TurnLine, Waiting,
};

use super::{
    DbConnection, Dialect, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, Rows, plain, stored, without_nul},
    read::{author, first, number, text},
};

/// The statements of one dialect that differ.
pub(crate) struct Dialogs {
    pub(crate) turn_lines: &'static str,
    pub(crate) add_note: &'static str,
}

/// The columns of a chat in a list. What is below `c` is read for the rows that are shown only.
macro_rules! dialog {
    ($condition:literal, $order:literal) => {
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
const SAID_BEFORE: &str =
    "SELECT seq, chat, who, body, at FROM messages WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
const LAST_NEWS: &str = "SELECT coalesce(max(seq), 0) FROM messages";
const NOTES: &str = "SELECT seq, at, author, body FROM (
        SELECT seq, at, author, body FROM notes WHERE chat = $1 ORDER BY seq DESC LIMIT 200
    ) AS n ORDER BY seq";

/// `open`, `close`: what stands around a text to read it as JSON; `rows`: the source of `e (key, value)`.
/// `locked`: what keeps the chat `c` from being erased meanwhile.
macro_rules! dialogs {
    (open: $open:literal, close: $close:literal, rows: $rows:literal, locked: $locked:literal) => {
        Dialogs {
            turn_lines: concat!(
                "SELECT seq, at, event, release, visits, effects FROM (
                    SELECT seq, at, event, release, CAST(",
                $open,
                "trace",
                $close,
                "->'trace'->'visits' AS TEXT) AS visits,
                    CASE WHEN trace LIKE '%\"command\":\"hand_off\"%' OR trace LIKE '%\"command\":\"end_handoff\"%'
                        OR trace LIKE '%\"command\":\"take_back\"%' THEN CAST(",
                $open,
                "trace",
                $close,
                "->'effects' AS TEXT) END AS effects
                    FROM turns WHERE chat = $1 AND at >= $2 AND at < $3 ORDER BY seq DESC LIMIT $4
                ) AS t ORDER BY seq"
            ),
            add_note: concat!(
                "INSERT INTO notes (chat, at, author, body)
                SELECT e.value->>0, CAST(e.value->>1 AS BIGINT), e.value->>2, e.value->>3 FROM ",
                $rows,
                " JOIN chats AS c ON c.key = e.value->>0",
                $locked
            ),
        }
    };
}

pub(super) const SQLITE: Dialogs = dialogs!(open: "", close: "", rows: "json_each($1) AS e", locked: "");
pub(super) const POSTGRES: Dialogs = dialogs!(open: "CAST(", close: " AS json)",
    rows: "(SELECT value FROM json_array_elements($1::json) AS a (value)) AS e", locked: " FOR SHARE OF c");

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

pub(super) async fn said_before<D: Dialect>(db: &D, seq: i64, limit: u32) -> sqlx::Result<Vec<Said>> {
    let rows: Vec<(i64, String, String, String, i64)> =
        db.fetch(SAID_BEFORE, vec![Value::Integer(seq), number(limit)]).await?;
    let said = |(seq, chat, who, body, at): (i64, String, String, String, i64)| Said {
        chat,
        message: MessageRow { seq, who: author(&who), body, at },
    };
    Ok(rows.into_iter().map(said).collect())
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
