//! The SQL statements, written once for both dialects. A batched statement takes the rows of the whole group in `$1`,
//! as a JSON array of arrays. A dialect supplies the row source and the few parts that differ.

mod reads;

use super::{
    clients::{self, Clients},
    dialogs::{self, Dialogs},
    figures::{self, Figures},
    retention::{OldChats, Retain, Rule, retain, unneeded},
};

pub(crate) use reads::Reads;
use reads::{lead_columns, model_call_columns, reads};

/// The statements of one dialect.
pub struct Statements {
    pub(crate) begin: &'static str,
    /// Whether a transaction excludes all other writers from begin to end.
    pub(crate) alone: bool,
    /// Makes concurrent publications wait for each other; empty where a transaction excludes other writers anyway.
    pub(crate) lock_publications: &'static str,
    pub(crate) receive: &'static str,
    pub(crate) check: &'static str,
    pub(crate) chats: &'static str,
    pub(crate) consume: &'static str,
    pub(crate) messages: &'static str,
    /// Whether `messages` takes their words.
    pub(crate) keeps_words: bool,
    pub(crate) turns: &'static str,
    pub(crate) buttons: &'static str,
    pub(crate) outbox: &'static str,
    pub(crate) stop_timers: &'static str,
    pub(crate) stop_fired: &'static str,
    pub(crate) start_timers: &'static str,
    pub(crate) analytics: &'static str,
    pub(crate) open_leads: &'static str,
    pub(crate) leads: &'static str,
    pub(crate) lead_history: &'static str,
    pub(crate) lead_for_change: &'static str,
    pub(crate) another_open_lead: &'static str,
    pub(crate) delivered: &'static str,
    pub(crate) give_up: &'static str,
    pub(crate) deliver_again: &'static str,
    pub(crate) postpone: &'static str,
    pub(crate) keep_release: &'static str,
    pub(crate) keep_named_images: &'static str,
    pub(crate) due_timers: &'static str,
    pub(crate) due_timer: &'static str,
    pub(crate) timer_tasks: &'static str,
    pub(crate) next_timer_task: &'static str,
    pub(crate) spent_timer_task: &'static str,
    pub(crate) spent_timer_tasks: &'static str,
    pub(crate) begin_task: &'static str,
    pub(crate) end_task: &'static str,
    pub(crate) quarantine: &'static str,
    pub(crate) retry_task: &'static str,
    pub(crate) push_once: &'static str,
    pub(crate) retain: Retain,
    /// Notifies other processes; empty where there are none.
    pub(crate) notify: &'static str,
    pub(crate) fire_timers: &'static str,
    pub(crate) current: &'static str,
    pub(crate) publish: &'static str,
    pub(crate) audit: &'static str,
    pub(crate) model_calls: &'static str,
    pub(crate) add_upload: &'static str,
    pub(crate) remove_upload: &'static str,
    pub(crate) clients: Clients,
    pub(crate) dialogs: Dialogs,
    pub(crate) figures: Figures,
    pub(crate) reads: Reads,
}

/// `stored`: what the upsert of chats returns of those that were stored; `rows`: the source of `e (key, value)`;
/// `parts`: the source of `s (value)` from the JSON in `e.value->2`; `words`: the column with the words of a message, and its value; `channel`: the part of `chat` before the colon; `position`: the function that finds a text in another; `locked_leads`: what
/// keeps other transactions from changing the leads `l` that are read; `free`:
/// the condition that nobody else has the chat `u.chat`; `retain`: what deletes old rows; `clients`: the statements on all
/// rows of one chat; `dialogs`: those of lists; `figures`: those of the panel's figures.
macro_rules! statements {
    (begin: $begin:literal, alone: $alone:literal, stored: $stored:literal, lock_publications: $lock:literal,
        rows: $rows:literal, parts: $parts:literal, words: ($words_column:literal, $words:literal),
        channel: $channel:literal, position: $position:literal, locked_leads: $locked_leads:literal, free: $free:expr, notify: $notify:literal,
        retain: $retain:expr, clients: $clients:expr, dialogs: $dialogs:expr, figures: $figures:expr $(,)?) => {
        Statements {
            begin: $begin,
            alone: $alone,
            lock_publications: $lock,
            receive: concat!(
                "INSERT INTO inbox (channel, key, chat, event, button)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4 FROM ", $rows,
                " WHERE true ORDER BY e.key ON CONFLICT (channel, key) DO NOTHING RETURNING channel, key"
            ),
            check: concat!(
                "SELECT e.key,
                    coalesce(c.version, 0) = CAST(e.value->>1 AS BIGINT) AND json_array_length(e.value->2) = (
                        SELECT count(*) FROM ", $parts, "
                        JOIN inbox i ON i.seq = CAST(s.value AS BIGINT) AND i.chat = e.value->>0
                            AND i.consumed IS NULL)
                FROM ", $rows, " LEFT JOIN chats c ON c.key = e.value->>0"
            ),
            // Compares the version again: under READ COMMITTED another process may have stored a turn since `check`.
            chats: concat!(
                "INSERT INTO chats (key, session, version, updated, release, flow, node, handed, day, spoke, staff, said, awaited,
                    holder, language, client)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT), CAST(e.value->>3 AS BIGINT),
                    e.value->>4, e.value->>5, e.value->>6, CAST(e.value->>7 AS BIGINT),
                    CAST(e.value->>3 AS BIGINT) / 86400000, CAST(e.value->>8 AS SMALLINT), e.value->>9,
                    e.value->10->>0, CAST(e.value->10->>1 AS BIGINT), e.value->10->>2, e.value->10->>3, e.value->10->>4
                FROM ", $rows, " WHERE true ORDER BY e.key
                ON CONFLICT (key) DO UPDATE SET session = excluded.session, version = excluded.version,
                    updated = excluded.updated, release = excluded.release, flow = excluded.flow,
                    node = excluded.node, handed = excluded.handed, day = excluded.day,
                    spoke = chats.spoke | excluded.spoke, staff = excluded.staff,
                    said = coalesce(excluded.said, chats.said), awaited = excluded.awaited,
                    holder = excluded.holder, language = excluded.language, client = excluded.client
                WHERE chats.version = excluded.version - 1", $stored
            ),
            consume: concat!(
                "UPDATE inbox SET consumed = CAST(e.value->>1 AS BIGINT), event = NULL, button = NULL
                FROM ", $rows, " WHERE inbox.seq = CAST(e.value->>0 AS BIGINT)"
            ),
            messages: concat!(
                "INSERT INTO messages (chat, who, body, at, effect", $words_column, ")
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT), e.value->>4", $words, " FROM ", $rows,
                " ORDER BY e.key"
            ),
            keeps_words: !$words.is_empty(),
            turns: concat!(
                "INSERT INTO turns (chat, event, release, trace, at, intent)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, CAST(e.value->>4 AS BIGINT), e.value->>5
                FROM ", $rows, " ORDER BY e.key"
            ),
            buttons: concat!(
                "INSERT INTO buttons (chat, id, press, at)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows,
                " WHERE true ON CONFLICT (chat, id) DO UPDATE SET press = excluded.press, at = excluded.at"
            ),
            outbox: concat!(
                "INSERT INTO outbox (effect, chat, payload, due)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows,
                " WHERE true ORDER BY e.key ON CONFLICT (effect) DO NOTHING"
            ),
            stop_timers: concat!(
                "DELETE FROM timers WHERE (chat, name) IN (SELECT e.value->>0, e.value->>1 FROM ", $rows, ")"
            ),
            // A timer that fired while its chat was busy must not be handled if the turn stops it. The row is deleted
            // rather than consumed, because its key may be needed again: a turn of a message from the same millisecond
            // starts the timer for the same time.
            stop_fired: concat!(
                "DELETE FROM inbox WHERE consumed IS NULL AND (chat, timer) IN (SELECT e.value->>0, e.value->>1 FROM ",
                $rows, ")"
            ),
            start_timers: concat!(
                "INSERT INTO timers (chat, name, channel, due)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows
            ),
            analytics: concat!(
                "INSERT INTO marks (effect, chat, kind, name, value, arms, arm, release, at)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3,
                    CAST(e.value->>4 AS DOUBLE PRECISION), e.value->>5, e.value->>6, e.value->>7,
                    CAST(e.value->>8 AS BIGINT)
                FROM ", $rows, " WHERE true ORDER BY e.key ON CONFLICT (effect) DO NOTHING"
            ),
            open_leads: concat!(
                "SELECT ", lead_columns!("l."), " FROM ", $rows,
                " JOIN leads l ON l.chat = e.value->>0 AND l.open = 1", $locked_leads
            ),
            leads: concat!(
                "INSERT INTO leads (id, chat, open, status, assignee, lead, sources, created, updated, closed, searched)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS SMALLINT), e.value->>3, e.value->>4,
                    e.value->>5, e.value->>6, CAST(e.value->>7 AS BIGINT), CAST(e.value->>8 AS BIGINT),
                    CAST(e.value->>9 AS BIGINT), e.value->>10
                FROM ", $rows, " WHERE true ORDER BY e.key
                ON CONFLICT (id) DO UPDATE SET open = excluded.open, status = excluded.status,
                    assignee = excluded.assignee, lead = excluded.lead, sources = excluded.sources,
                    updated = excluded.updated, closed = excluded.closed, searched = excluded.searched"
            ),
            lead_history: concat!(
                "INSERT INTO lead_history (lead, at, actor, via, event)
                SELECT e.value->>0, CAST(e.value->>1 AS BIGINT), e.value->>2, e.value->>3, e.value->>4
                FROM ", $rows, " ORDER BY e.key"
            ),
            lead_for_change: concat!(
                "SELECT ", lead_columns!("l."), " FROM leads l WHERE l.id = $1", $locked_leads
            ),
            another_open_lead: "SELECT id FROM leads WHERE chat = $1 AND open = 1 AND id <> $2",
            delivered: concat!(
                "UPDATE outbox SET delivered = 1, payload = '', failure = NULL FROM ", $rows,
                " WHERE outbox.effect = e.value->>0"
            ),
            // Its text stays in the transcript, from which `deliver_again` takes it.
            give_up: concat!(
                "UPDATE outbox SET delivered = 1, payload = '', failure = e.value->>1 FROM ", $rows,
                " WHERE outbox.effect = e.value->>0 AND outbox.delivered = 0"
            ),
            deliver_again: "UPDATE outbox SET delivered = 0, attempts = 0, due = $3, failure = NULL,
                    payload = (SELECT m.body FROM messages AS m WHERE m.chat = $1 AND m.seq = $2)
                WHERE effect = (SELECT m.effect FROM messages AS m WHERE m.chat = $1 AND m.seq = $2)
                    AND chat = $1 AND delivered = 1 AND failure IS NOT NULL RETURNING chat, due",
            postpone: concat!(
                "UPDATE outbox SET due = CAST(e.value->>1 AS BIGINT), attempts = attempts + 1, failure = e.value->>2
                FROM ", $rows,
                " WHERE outbox.effect = e.value->>0 AND outbox.delivered = 0 RETURNING chat, due"
            ),
            keep_release: concat!(
                "INSERT INTO releases (id, files, at)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT) FROM ", $rows, " WHERE true
                ON CONFLICT (id) DO NOTHING"
            ),
            keep_named_images: concat!(
                "UPDATE images SET kept = 1 WHERE kept = 0 AND hash IN (SELECT e.value->>0 FROM ", $rows, ")"
            ),
            due_timers: concat!(
                "DELETE FROM timers WHERE channel IN (SELECT e.value->>0 FROM ", $rows, ") AND due <= $2
                RETURNING due, chat, name, channel"
            ),
            due_timer: "DELETE FROM timers WHERE chat = $1 AND name = $2 AND due <= $3
                RETURNING due, chat, name, channel",
            timer_tasks: concat!(
                "INSERT INTO timer_tasks (chat, name, due)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>3 AS BIGINT) FROM ", $rows,
                " WHERE true ORDER BY e.key
                ON CONFLICT (chat, name) DO UPDATE SET due = excluded.due WHERE excluded.due < timer_tasks.due
                RETURNING chat, name, due"
            ),
            next_timer_task: "INSERT INTO timer_tasks (chat, name, due)
                SELECT chat, name, due FROM timers WHERE chat = $1 AND name = $2
                ON CONFLICT (chat, name) DO UPDATE SET due = excluded.due WHERE excluded.due < timer_tasks.due
                RETURNING chat, name, due",
            spent_timer_task: "DELETE FROM timer_tasks WHERE chat = $1 AND name = $2 AND due <= $3",
            // Takes the same rows as `fire_timers`.
            spent_timer_tasks: concat!(
                "DELETE FROM timer_tasks WHERE due <= $2
                AND (chat, name) IN (SELECT e.value->>2, e.value->>4 FROM ", $rows, ")"
            ),
            begin_task: "INSERT INTO task_starts (id, task, starts, at) VALUES ($1, $2, 1, $3)
                ON CONFLICT (id) DO UPDATE SET starts = task_starts.starts + 1, at = excluded.at RETURNING starts",
            end_task: concat!(
                "DELETE FROM task_starts WHERE id IN (SELECT e.value->>0 FROM ", $rows, ")"
            ),
            quarantine: "INSERT INTO quarantine (id, task, starts, why, at)
                SELECT id, task, starts, $2, $3 FROM task_starts WHERE id = $1
                ON CONFLICT (id) DO UPDATE SET starts = excluded.starts, why = excluded.why, at = excluded.at",
            retry_task: "DELETE FROM quarantine WHERE id = $1 RETURNING task",
            push_once: "INSERT INTO once (key, at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING key",
            retain: $retain,
            notify: $notify,
            fire_timers: concat!(
                "INSERT INTO inbox (channel, key, chat, event, timer)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4 FROM ", $rows,
                " WHERE true ORDER BY e.key ON CONFLICT (channel, key) DO NOTHING RETURNING chat"
            ),
            current: "SELECT release FROM publications ORDER BY seq DESC LIMIT 1",
            publish: concat!(
                "INSERT INTO publications (release, parent, author, note, at, kind, moves)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, CAST(e.value->>4 AS BIGINT),
                    e.value->>5, e.value->>6
                FROM ", $rows, " WHERE true RETURNING seq"
            ),
            add_upload: concat!(
                "INSERT INTO uploads (id, name, bytes, hash, at, actor, via)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT), e.value->>3,
                    CAST(e.value->>4 AS BIGINT), e.value->>5, e.value->>6
                FROM ", $rows, " WHERE true ON CONFLICT (id) DO NOTHING"
            ),
            remove_upload: concat!(
                "DELETE FROM uploads WHERE id IN (SELECT e.value->>0 FROM ", $rows, ")"
            ),
            // The call of a turn whose chat was erased meanwhile is counted without the chat, as is that of a page that was
            // only opened.
            model_calls: concat!(
                "INSERT INTO model_calls (id, at, chat, turn, release, flow, node, purpose, role, model, attempt,
                    millis, failure, usage, failed, input_tokens, cached_tokens, output_tokens)
                SELECT e.value->>0, CAST(e.value->>1 AS BIGINT),
                    CASE WHEN EXISTS (SELECT 1 FROM chats WHERE key = e.value->>2) OR EXISTS (
                        SELECT 1 FROM inbox WHERE chat = e.value->>2 AND consumed IS NULL)
                    THEN e.value->>2 ELSE '' END,
                    e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8, e.value->>9, CAST(e.value->>10 AS BIGINT),
                    CAST(e.value->>11 AS BIGINT), e.value->>12, e.value->>13, CASE WHEN e.value->>12 IS NULL THEN 0 ELSE 1 END,
                    CAST(e.value->>14 AS BIGINT), CAST(e.value->>15 AS BIGINT), CAST(e.value->>16 AS BIGINT)
                FROM ", $rows, " WHERE true ORDER BY e.key ON CONFLICT (id) DO NOTHING"
            ),
            audit: concat!(
                "INSERT INTO audit (at, actor, via, action, object, failure, details)
                SELECT CAST(e.value->>0 AS BIGINT), e.value->>1, e.value->>2, e.value->>3, e.value->>4,
                    e.value->>5, e.value->>6
                FROM ", $rows, " ORDER BY e.key"
            ),
            clients: $clients,
            dialogs: $dialogs,
            figures: $figures,
            reads: reads!(rows: $rows, channel: $channel, position: $position, free: $free),
        }
    };
}

/// The NOTIFY channel for changed chats.
pub(crate) const CHANNEL: &str = "tolmach";

/// The first key of the advisory lock that every open store holds: "Tolm" in ASCII, plus one.
pub(crate) const LIFE: i32 = 1_416_588_398;

/// Milliseconds since the Unix epoch by the server's clock, which all processes share.
macro_rules! now {
    () => {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
}
pub(crate) use now;

/// The second keys of the advisory locks held by open stores. The class id is [`LIFE`].
macro_rules! living {
    () => {
        "(SELECT CAST(objid AS BIGINT) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1416588398
            AND objsubid = 2 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    };
}
pub(crate) use living;

pub(crate) static SQLITE: Statements = statements!(
    begin: "BEGIN IMMEDIATE",
    alone: true,
    stored: "",
    lock_publications: "",
    rows: "json_each($1) AS e",
    parts: "json_each(e.value->2) AS s",
    // Triggers index what a message says.
    words: ("", ""),
    channel: "substr(chat, 1, instr(chat, ':') - 1)",
    position: "instr",
    locked_leads: "",
    free: "",
    notify: "",
    retain: retain!(
        rows: "json_each($1) AS e",
        locked_chats: "",
        // The condition repeats that of the queue's partial index `idx_jobs_completed_done_at`, so that SQLite can use
        // it.
        tasks: ("Jobs", "DELETE FROM Jobs WHERE id IN (
            SELECT id FROM Jobs WHERE status IN ('Done', 'Failed', 'Killed') AND done_at IS NOT NULL
            AND done_at < $1 / 1000 AND job_type = 'tolmach' AND (status <> 'Failed' OR attempts >= max_attempts)
            LIMIT $2)"),
        workers: ("Workers", "DELETE FROM Workers WHERE id IN (
            SELECT id FROM Workers WHERE last_seen < $1 / 1000
            AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = Workers.id) LIMIT $2)"),
        more: [],
    ),
    clients: clients::SQLITE,
    dialogs: dialogs::SQLITE,
    figures: figures::SQLITE,
);

pub(crate) static POSTGRES: Statements = statements!(
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    alone: false,
    stored: " RETURNING version",
    // The keys: "Tolm" in ASCII, and 1 for publications.
    lock_publications: "SELECT pg_advisory_xact_lock(1416588397, 1)",
    rows: "(SELECT value, key - 1 AS key
        FROM json_array_elements($1::json) WITH ORDINALITY AS a (value, key)) AS e",
    parts: "json_array_elements_text(e.value->2) AS s (value)",
    words: (", words", ", array_to_tsvector(ARRAY(SELECT json_array_elements_text(e.value->5)))"),
    channel: "split_part(chat, ':', 1)",
    position: "strpos",
    locked_leads: " FOR UPDATE OF l",
    free: concat!(
        "AND NOT EXISTS (SELECT 1 FROM leases AS l WHERE l.chat = u.chat AND l.owner <> $3
            AND l.until >= ", now!(), " AND l.lock IN ", living!(), ")"
    ),
    notify: "SELECT pg_notify('tolmach', $1)",
    retain: retain!(
        rows: "(SELECT value FROM json_array_elements($1::json) AS a (value)) AS e",
        locked_chats: " FOR UPDATE OF c SKIP LOCKED",
        tasks: ("apalis.jobs", "DELETE FROM apalis.jobs WHERE id IN (
            SELECT id FROM apalis.jobs WHERE status IN ('Done', 'Failed', 'Killed')
            AND done_at < to_timestamp(CAST($1 AS DOUBLE PRECISION) / 1000) AND job_type = 'tolmach'
            AND (status <> 'Failed' OR attempts >= max_attempts) LIMIT $2)"),
        workers: ("apalis.workers", "DELETE FROM apalis.workers WHERE id IN (
            SELECT id FROM apalis.workers AS w
            WHERE last_seen < to_timestamp(CAST($1 AS DOUBLE PRECISION) / 1000)
            AND NOT EXISTS (SELECT 1 FROM apalis.jobs AS j WHERE j.lock_by = w.id) LIMIT $2)"),
        // Left by processes that died. As many as there were chats in work, so they need no index.
        more: [Rule {
            name: "leases",
            table: "leases",
            before: |keep| keep.tasks,
            sql: "DELETE FROM leases WHERE chat IN (SELECT chat FROM leases WHERE until < $1 LIMIT $2)",
        }],
    ),
    clients: clients::POSTGRES,
    dialogs: dialogs::POSTGRES,
    figures: figures::POSTGRES,
);
