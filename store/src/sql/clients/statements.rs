//! The SQL of `clients`, written once for both dialects.

use tolmach_runtime::ports::ClientTable;

/// The statements of one dialect. `$1` is the chat's key.
pub struct Clients {
    /// One row a JSON object, oldest first.
    pub(crate) rows: &'static [(ClientTable, &'static str)],
    /// Run in this order, in one transaction; that on the audit log takes what stands for the chat as `$2`.
    pub(crate) erase: &'static [(ClientTable, &'static str)],
    /// `$2` is the number of turns and of messages.
    pub(crate) history: &'static [(ClientTable, &'static str)],
    /// Chat, table and text of what may hold the digits `$1`, at most `$2` of them.
    pub(crate) digits: &'static str,
    /// The same for the lower-case text `$1`.
    pub(crate) text: &'static str,
}

/// A row as JSON: `$object` is the function that makes an object of names and values.
macro_rules! row {
    ($object:literal, $first:ident $(, $rest:ident)*) => {
        concat!(
            "CAST(", $object, "('", stringify!($first), "', ", stringify!($first),
            $(", '", stringify!($rest), "', ", stringify!($rest),)* ") AS TEXT)"
        )
    };
}

/// A text without what people write between the digits of a phone number, and without the escaped line breaks of JSON.
macro_rules! digits {
    ($text:literal) => {
        concat!(
            "replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(", $text,
            ", ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '–', ''), '—', ''), '\u{a0}', ''), '\u{2011}', ''), '\\n', '')"
        )
    };
}

/// Every text in which a contact may stand, with its chat and its table, where `$found` holds of it.
macro_rules! mentions {
    ($position:literal, $of:ident) => {
        concat!(
            "SELECT chat, place, said FROM (
                SELECT chat, 'leads' AS place, lead AS said FROM leads WHERE ",
            $position,
            "(",
            $of!("lead"),
            ", $1) > 0
                UNION ALL SELECT key, 'chats', session FROM chats WHERE ",
            $position,
            "(",
            $of!("session"),
            ", $1) > 0
                UNION ALL SELECT chat, 'messages', body FROM messages WHERE ",
            $position,
            "(",
            $of!("replace(body, '\n', '')"),
            ", $1) > 0
                UNION ALL SELECT chat, 'turns', event FROM turns WHERE ",
            $position,
            "(",
            $of!("event"),
            ", $1) > 0
                UNION ALL SELECT chat, 'inbox', event FROM inbox
                    WHERE event IS NOT NULL AND ",
            $position,
            "(",
            $of!("event"),
            ", $1) > 0
            ) AS m LIMIT $2"
        )
    };
}

macro_rules! lower {
    ($text:literal) => {
        concat!("lower(", $text, ")")
    };
}

/// The condition that a row of the outbox is a notice about the chat. A delivered row has no payload any more.
macro_rules! about {
    ($open:literal, $close:literal) => {
        concat!("CASE WHEN payload = '' THEN NULL ELSE ", $open, "payload", $close, "->>'about' END = $1")
    };
}

/// The condition that a row of the outbox was made by a turn of the chat: effect ids begin with that of the event.
macro_rules! of_turns {
    ($open:literal, $close:literal) => {
        concat!(
            "substr(replace(effect, '-', ''), 1, 32) IN (SELECT replace(",
            $open,
            "event",
            $close,
            "->>'id', '-', '') FROM turns WHERE chat = $1)"
        )
    };
}

/// `object`: the function that makes a JSON object; `open`, `close`: what stands around a text to read it as JSON;
/// `jobs`: the queue's table; `job`: its task as a text; `position`: the function that finds a text in another;
/// `leases`: the statement on leases, where there are any.
macro_rules! clients {
    (object: $object:literal, open: $open:literal, close: $close:literal, jobs: $jobs:literal, job: $job:literal,
        run_at: $run_at:literal, position: $position:literal, lease_rows: [$($lease_rows:expr)?],
        leases: [$($leases:expr)?] $(,)?) => {
        Clients {
            rows: &[
                (ClientTable::Chats, concat!("SELECT ",
                    row!($object, key, session, version, updated, release, flow, node, handed, spoke, staff, said, awaited,
                        holder, language, client),
                    " FROM chats WHERE key = $1")),
                (ClientTable::Inbox, concat!("SELECT ",
                    row!($object, seq, channel, key, chat, event, button, timer, consumed),
                    " FROM inbox WHERE chat = $1 ORDER BY seq")),
                (ClientTable::Messages, concat!("SELECT ", row!($object, seq, chat, who, body, at, effect),
                    " FROM messages WHERE chat = $1 ORDER BY seq")),
                (ClientTable::Turns, concat!("SELECT ", row!($object, seq, chat, event, release, trace, at),
                    " FROM turns WHERE chat = $1 ORDER BY seq")),
                (ClientTable::Buttons, concat!("SELECT ", row!($object, chat, id, press, at),
                    " FROM buttons WHERE chat = $1 ORDER BY id")),
                (ClientTable::Outbox, concat!("SELECT ",
                    row!($object, seq, effect, chat, payload, attempts, due, delivered, failure),
                    " FROM outbox WHERE chat = $1 OR ", about!($open, $close), " OR ", of_turns!($open, $close),
                    " ORDER BY seq")),
                (ClientTable::Leads, concat!("SELECT ",
                    row!($object, seq, id, chat, open, status, assignee, lead, sources, created, updated, closed),
                    " FROM leads WHERE chat = $1 ORDER BY seq")),
                (ClientTable::LeadHistory, concat!("SELECT ", row!($object, seq, lead, at, actor, via, event),
                    " FROM lead_history WHERE lead IN (SELECT id FROM leads WHERE chat = $1) ORDER BY seq")),
                (ClientTable::Timers, concat!("SELECT ", row!($object, chat, name, channel, due),
                    " FROM timers WHERE chat = $1 ORDER BY due, name")),
                (ClientTable::TimerTasks, concat!("SELECT ", row!($object, chat, name, due),
                    " FROM timer_tasks WHERE chat = $1 ORDER BY due, name")),
                (ClientTable::Marks, concat!("SELECT ",
                    row!($object, seq, effect, chat, kind, name, value, arms, arm, release, at),
                    " FROM marks WHERE chat = $1 ORDER BY seq")),
                (ClientTable::ModelCalls, concat!("SELECT ",
                    row!($object, seq, id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis,
                        failure, usage),
                    " FROM model_calls WHERE chat = $1 ORDER BY seq")),
                (ClientTable::TaskStarts, concat!("SELECT ", row!($object, id, task, starts, at),
                    " FROM task_starts WHERE ", $open, "task", $close, "->>'chat' = $1 ORDER BY at, id")),
                (ClientTable::Quarantine, concat!("SELECT ", row!($object, id, task, starts, why, at),
                    " FROM quarantine WHERE ", $open, "task", $close, "->>'chat' = $1 ORDER BY at, id")),
                (ClientTable::Tasks, concat!("SELECT CAST(", $object, "('id', id, 'task', ", $job,
                    ", 'status', status, 'run_at', ", $run_at, ") AS TEXT) FROM ", $jobs, " WHERE ", $open, $job, $close,
                    "->>'chat' = $1 ORDER BY run_at, id")),
                (ClientTable::Notes, concat!("SELECT ", row!($object, seq, chat, at, author, body),
                    " FROM notes WHERE chat = $1 ORDER BY seq")),
                (ClientTable::DialogDays, concat!("SELECT ", row!($object, day, chat, at, facts, reply),
                    " FROM dialog_days WHERE chat = $1 ORDER BY day")),
                (ClientTable::Audit, concat!("SELECT ",
                    row!($object, seq, at, actor, via, action, object, failure, details),
                    " FROM audit WHERE object = $1 OR actor = $1 ORDER BY seq")),
                $((ClientTable::Leases, $lease_rows),)?
            ],
            // The first three are also barriers. A turn in progress writes its chat, then its inbox rows; whatever of it
            // is committed before they are deleted is seen by the statements after them, and what is not finds its
            // inbox rows gone. A timer that fires writes its inbox row after it has deleted the timer. The last two
            // delete what such a turn may have written meanwhile.
            erase: &[
                (ClientTable::Chats, "DELETE FROM chats WHERE key = $1"),
                (ClientTable::Timers, "DELETE FROM timers WHERE chat = $1"),
                (ClientTable::Inbox, "DELETE FROM inbox WHERE chat = $1"),
                (ClientTable::TimerTasks, "DELETE FROM timer_tasks WHERE chat = $1"),
                (ClientTable::Outbox, concat!("DELETE FROM outbox WHERE chat = $1 OR ", about!($open, $close),
                    " OR ", of_turns!($open, $close))),
                (ClientTable::Turns, "DELETE FROM turns WHERE chat = $1"),
                (ClientTable::Messages, "DELETE FROM messages WHERE chat = $1"),
                (ClientTable::Buttons, "DELETE FROM buttons WHERE chat = $1"),
                (ClientTable::Notes, "DELETE FROM notes WHERE chat = $1"),
                (ClientTable::DialogDays, "DELETE FROM dialog_days WHERE chat = $1"),
                (ClientTable::Marks, "DELETE FROM marks WHERE chat = $1"),
                (ClientTable::LeadHistory,
                    "DELETE FROM lead_history WHERE lead IN (SELECT id FROM leads WHERE chat = $1)"),
                (ClientTable::Leads, "DELETE FROM leads WHERE chat = $1"),
                (ClientTable::ModelCalls, "UPDATE model_calls
                    SET chat = '', turn = '00000000-0000-0000-0000-000000000000' WHERE chat = $1"),
                (ClientTable::TaskStarts,
                    concat!("DELETE FROM task_starts WHERE ", $open, "task", $close, "->>'chat' = $1")),
                (ClientTable::Quarantine,
                    concat!("DELETE FROM quarantine WHERE ", $open, "task", $close, "->>'chat' = $1")),
                (ClientTable::Tasks,
                    concat!("DELETE FROM ", $jobs, " WHERE ", $open, $job, $close, "->>'chat' = $1")),
                (ClientTable::Audit, "UPDATE audit SET
                        object = CASE WHEN object = $1 THEN $2 ELSE object END,
                        actor = CASE WHEN actor = $1 THEN $2 ELSE actor END,
                        failure = replace(failure, $1, $2), details = replace(details, $1, $2)
                    WHERE object = $1 OR actor = $1"),
                $((ClientTable::Leases, $leases),)?
                (ClientTable::Chats, "DELETE FROM chats WHERE key = $1"),
                (ClientTable::Timers, "DELETE FROM timers WHERE chat = $1"),
            ],
            history: &[
                (ClientTable::Outbox, concat!("DELETE FROM outbox WHERE chat <> $1 AND ",
                    "substr(replace(effect, '-', ''), 1, 32) IN (SELECT replace(", $open, "event", $close,
                    "->>'id', '-', '') FROM (
                        SELECT event FROM turns WHERE chat = $1 ORDER BY seq LIMIT $2) AS t)")),
                (ClientTable::Turns, "DELETE FROM turns WHERE seq IN (
                    SELECT seq FROM turns WHERE chat = $1 ORDER BY seq LIMIT $2)"),
                (ClientTable::Messages, "DELETE FROM messages WHERE seq IN (
                    SELECT seq FROM messages WHERE chat = $1 ORDER BY seq LIMIT $2)"),
            ],
            digits: mentions!($position, digits),
            text: mentions!($position, lower),
        }
    };
}

pub(crate) const SQLITE: Clients = clients!(
    object: "json_object",
    open: "",
    close: "",
    jobs: "Jobs",
    job: "CAST(job AS TEXT)",
    run_at: "run_at",
    position: "instr",
    lease_rows: [],
    leases: [],
);

pub(crate) const POSTGRES: Clients = clients!(
    object: "json_build_object",
    open: "CAST(",
    close: " AS json)",
    jobs: "apalis.jobs",
    job: "convert_from(job, 'UTF8')",
    run_at: "CAST(extract(epoch FROM run_at) AS BIGINT)",
    position: "strpos",
    lease_rows: ["SELECT CAST(json_build_object('chat', chat, 'owner', owner, 'until', until) AS TEXT)
        FROM leases WHERE chat = $1"],
    leases: ["DELETE FROM leases WHERE chat = $1"],
);
