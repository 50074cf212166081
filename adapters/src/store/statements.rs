//! What is said to the database, once for both dialects. A statement takes the rows of a whole group as one JSON
//! array of arrays in `$1`; only where the rows come from, and what truly differs, is a dialect's own.

/// The statements in the words of one dialect.
pub struct Statements {
    pub(crate) begin: &'static str,
    /// Whether nobody else writes between the beginning and the end of a transaction.
    pub(crate) alone: bool,
    /// Whoever publishes waits here for whoever publishes already; empty where the transaction is alone anyway.
    pub(crate) lock_publications: &'static str,
    pub(crate) receive: &'static str,
    pub(crate) check: &'static str,
    pub(crate) chats: &'static str,
    pub(crate) consume: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) turns: &'static str,
    pub(crate) buttons: &'static str,
    pub(crate) outbox: &'static str,
    pub(crate) stop_timers: &'static str,
    pub(crate) stop_fired: &'static str,
    pub(crate) start_timers: &'static str,
    pub(crate) marks: &'static str,
    pub(crate) open_leads: &'static str,
    pub(crate) leads: &'static str,
    pub(crate) delivered: &'static str,
    pub(crate) put_off: &'static str,
    pub(crate) keep_release: &'static str,
    pub(crate) due_timers: &'static str,
    pub(crate) fire_timers: &'static str,
    pub(crate) current: &'static str,
    pub(crate) publish: &'static str,
    pub(crate) reads: Reads,
}

/// The statements that only read.
pub struct Reads {
    pub(crate) next: &'static str,
    pub(crate) chat: &'static str,
    pub(crate) unfinished: &'static str,
    pub(crate) outbox: &'static str,
    pub(crate) button: &'static str,
    pub(crate) next_timer: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) leads: &'static str,
    pub(crate) turns: &'static str,
    pub(crate) turns_since: &'static str,
    pub(crate) waiting_places: &'static str,
    pub(crate) chats_at_rest: &'static str,
    pub(crate) chats_like: &'static str,
    pub(crate) handed: &'static str,
    pub(crate) marks_since: &'static str,
    pub(crate) publications: &'static str,
    pub(crate) releases_like: &'static str,
    pub(crate) release: &'static str,
    pub(crate) ping: &'static str,
}

/// `stored`: what the upsert of chats returns of those that were stored; `rows`: the source of `e (key, value)`; `parts`: the source of `s (value)` from the JSON in `e.value->2`;
/// `channel`: the part of `chat` before the colon; `position`: the function that finds a text in another.
macro_rules! statements {
    (begin: $begin:literal, alone: $alone:literal, stored: $stored:literal, lock_publications: $lock:literal, rows: $rows:literal, parts: $parts:literal,
        channel: $channel:literal, position: $position:literal $(,)?) => {
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
            // The version again: beside this transaction another process may have stored a turn since the check.
            chats: concat!(
                "INSERT INTO chats (key, session, version, updated, release, flow, node, handed)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT), CAST(e.value->>3 AS BIGINT),
                    e.value->>4, e.value->>5, e.value->>6, CAST(e.value->>7 AS BIGINT)
                FROM ", $rows, " WHERE true ORDER BY e.key
                ON CONFLICT (key) DO UPDATE SET session = excluded.session, version = excluded.version,
                    updated = excluded.updated, release = excluded.release, flow = excluded.flow,
                    node = excluded.node, handed = excluded.handed
                WHERE chats.version = excluded.version - 1", $stored
            ),
            consume: concat!(
                "UPDATE inbox SET consumed = CAST(e.value->>1 AS BIGINT), event = NULL, button = NULL
                FROM ", $rows, " WHERE inbox.seq = CAST(e.value->>0 AS BIGINT)"
            ),
            messages: concat!(
                "INSERT INTO messages (chat, who, body, at)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows,
                " ORDER BY e.key"
            ),
            turns: concat!(
                "INSERT INTO turns (chat, event, release, trace, at)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, CAST(e.value->>4 AS BIGINT)
                FROM ", $rows, " ORDER BY e.key"
            ),
            buttons: concat!(
                "INSERT INTO buttons (chat, id, press)
                SELECT e.value->>0, e.value->>1, e.value->>2 FROM ", $rows, " WHERE true
                ON CONFLICT (chat, id) DO UPDATE SET press = excluded.press"
            ),
            outbox: concat!(
                "INSERT INTO outbox (effect, chat, payload, due)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows,
                " WHERE true ORDER BY e.key ON CONFLICT (effect) DO NOTHING"
            ),
            stop_timers: concat!(
                "DELETE FROM timers WHERE (chat, name) IN (SELECT e.value->>0, e.value->>1 FROM ", $rows, ")"
            ),
            // A timer that fell due while its chat was busy, and is stopped by the very turn it waited for, must not
            // fire.
            stop_fired: concat!(
                "UPDATE inbox SET consumed = CAST(e.value->>2 AS BIGINT), event = NULL FROM ", $rows,
                " WHERE inbox.chat = e.value->>0 AND inbox.timer = e.value->>1 AND inbox.consumed IS NULL"
            ),
            start_timers: concat!(
                "INSERT INTO timers (chat, name, channel, due)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT) FROM ", $rows
            ),
            marks: concat!(
                "INSERT INTO marks (effect, chat, kind, name, value, arms, arm, release, at)
                SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3,
                    CAST(e.value->>4 AS DOUBLE PRECISION), e.value->>5, e.value->>6, e.value->>7,
                    CAST(e.value->>8 AS BIGINT)
                FROM ", $rows, " WHERE true ORDER BY e.key ON CONFLICT (effect) DO NOTHING"
            ),
            open_leads: concat!(
                "SELECT l.chat, l.id, l.lead, l.created FROM ", $rows,
                " JOIN leads l ON l.chat = e.value->>0 AND l.open = 1"
            ),
            leads: concat!(
                "INSERT INTO leads (id, chat, lead, created, updated)
                SELECT e.value->>0, e.value->>1, e.value->>2, CAST(e.value->>3 AS BIGINT),
                    CAST(e.value->>4 AS BIGINT)
                FROM ", $rows, " WHERE true ORDER BY e.key
                ON CONFLICT (id) DO UPDATE SET lead = excluded.lead, updated = excluded.updated"
            ),
            delivered: concat!(
                "UPDATE outbox SET delivered = 1, payload = '' FROM ", $rows,
                " WHERE outbox.effect = e.value->>0"
            ),
            put_off: concat!(
                "UPDATE outbox SET due = CAST(e.value->>1 AS BIGINT), attempts = attempts + 1 FROM ", $rows,
                " WHERE outbox.effect = e.value->>0 AND outbox.delivered = 0"
            ),
            keep_release: concat!(
                "INSERT INTO releases (id, files, at)
                SELECT e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT) FROM ", $rows, " WHERE true
                ON CONFLICT (id) DO NOTHING"
            ),
            due_timers: concat!(
                "DELETE FROM timers WHERE channel IN (SELECT e.value->>0 FROM ", $rows, ") AND due <= $2
                RETURNING due, chat, name, channel"
            ),
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
            reads: Reads {
                // One row at least for each chat, so that its session comes along when nothing waits.
                next: concat!(
                    "SELECT e.value->>0, i.seq, i.event, i.button, c.session, coalesce(c.version, 0),
                        EXISTS (SELECT 1 FROM outbox o WHERE o.chat = e.value->>0 AND o.delivered = 0)
                    FROM ", $rows, " LEFT JOIN chats c ON c.key = e.value->>0
                    LEFT JOIN inbox i ON i.chat = e.value->>0 AND i.consumed IS NULL AND i.seq <= coalesce((
                        SELECT seq FROM inbox WHERE chat = e.value->>0 AND consumed IS NULL
                        ORDER BY seq LIMIT 1 OFFSET $2), 9223372036854775807)
                    ORDER BY e.key, i.seq"
                ),
                chat: "SELECT session, version FROM chats WHERE key = $1",
                unfinished: concat!(
                    "SELECT chat FROM (
                        SELECT chat FROM inbox WHERE consumed IS NULL
                        UNION SELECT chat FROM outbox WHERE delivered = 0 AND due <= $2
                    ) AS u WHERE ", $channel, " IN (SELECT e.value->>0 FROM ", $rows, ") ORDER BY chat"
                ),
                outbox: "SELECT effect, payload, attempts, due FROM outbox
                    WHERE chat = $1 AND delivered = 0 ORDER BY seq",
                button: "SELECT press FROM buttons WHERE chat = $1 AND id = $2",
                next_timer: concat!(
                    "SELECT min(due) FROM (
                        SELECT (SELECT min(due) FROM timers WHERE channel = e.value->>0) AS due FROM ", $rows,
                    ") AS t"
                ),
                messages: "SELECT seq, who, body, at FROM (
                        SELECT seq, who, body, at FROM messages
                        WHERE chat = $1 AND seq > $2 ORDER BY seq DESC LIMIT $3
                    ) AS m ORDER BY seq",
                leads: "SELECT id, chat, lead, created, updated FROM leads
                    ORDER BY created DESC, seq DESC LIMIT $1",
                turns: "SELECT seq, chat, at, event, release, trace FROM turns
                    WHERE chat = $1 ORDER BY seq LIMIT $2",
                turns_since: "SELECT seq, chat, at, event, release, trace FROM turns
                    WHERE seq > $2 AND at >= $1 ORDER BY seq LIMIT $3",
                waiting_places: "SELECT release, flow, node, count(*) AS chats FROM chats
                    WHERE node IS NOT NULL GROUP BY release, flow, node
                    ORDER BY chats DESC, release, flow, node",
                chats_at_rest: "SELECT count(*) FROM chats WHERE node IS NULL",
                chats_like: concat!(
                    "SELECT key FROM chats WHERE ", $position,
                    "(key, $1) > 0 ORDER BY updated DESC, key LIMIT 10"
                ),
                handed: "SELECT key, handed FROM chats WHERE handed IS NOT NULL ORDER BY handed, key",
                marks_since: "SELECT effect, chat, kind, name, value, arms, arm, release, at FROM marks
                    WHERE at >= $1 ORDER BY seq",
                publications: "SELECT seq, release, parent, author, note, at, kind, moves FROM publications
                    ORDER BY seq DESC LIMIT $1",
                releases_like: "SELECT id FROM releases WHERE substr(id, 1, length($1)) = $1
                    ORDER BY id LIMIT 10",
                release: "SELECT files FROM releases WHERE id = $1",
                ping: "SELECT version FROM chats LIMIT 1",
            },
        }
    };
}

pub(crate) static SQLITE: Statements = statements!(
    begin: "BEGIN IMMEDIATE",
    alone: true,
    stored: "",
    lock_publications: "",
    rows: "json_each($1) AS e",
    parts: "json_each(e.value->2) AS s",
    channel: "substr(chat, 1, instr(chat, ':') - 1)",
    position: "instr",
);

pub(crate) static POSTGRES: Statements = statements!(
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    alone: false,
    stored: " RETURNING version",
    // "Tolm" and what is locked.
    lock_publications: "SELECT pg_advisory_xact_lock(1416588397, 1)",
    rows: "(SELECT value, key - 1 AS key
        FROM json_array_elements($1::json) WITH ORDINALITY AS a (value, key)) AS e",
    parts: "json_array_elements_text(e.value->2) AS s (value)",
    channel: "split_part(chat, ':', 1)",
    position: "strpos",
);
