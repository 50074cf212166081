//! The statements that only read.

/// The statements that only read.
pub struct Reads {
    pub(crate) next: &'static str,
    pub(crate) chat: &'static str,
    pub(crate) unfinished: &'static str,
    pub(crate) outbox: &'static str,
    pub(crate) deliveries: &'static str,
    pub(crate) button: &'static str,
    pub(crate) next_timer: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) leads_newest: &'static str,
    pub(crate) leads_oldest: &'static str,
    pub(crate) leads_of_status: &'static str,
    pub(crate) leads_of_chat: &'static str,
    pub(crate) leads_holding: &'static str,
    pub(crate) leads_of_status_holding: &'static str,
    pub(crate) lead_counts: &'static str,
    pub(crate) leads_like: &'static str,
    pub(crate) lead_history: &'static str,
    pub(crate) turns: &'static str,
    pub(crate) turns_of_chat: &'static str,
    pub(crate) waiting_places: &'static str,
    pub(crate) chats_at_rest: &'static str,
    pub(crate) chats_like: &'static str,
    pub(crate) taken_over: &'static str,
    pub(crate) analytics_since: &'static str,
    pub(crate) publications: &'static str,
    pub(crate) releases_like: &'static str,
    pub(crate) stored_images: &'static str,
    pub(crate) release: &'static str,
    pub(crate) quarantined: &'static str,
    pub(crate) day: &'static str,
    pub(crate) upload: &'static str,
    pub(crate) uploads_before: &'static str,
    pub(crate) model_calls_newest: &'static str,
    pub(crate) model_calls_oldest: &'static str,
    pub(crate) ping: &'static str,
}

/// The columns of a lead, in the order of [`crate::sql::operation::LeadColumns`].
macro_rules! lead_columns {
    ($table:literal) => {
        concat!(
            $table,
            "seq, ",
            $table,
            "id, ",
            $table,
            "chat, ",
            $table,
            "status, ",
            $table,
            "assignee, ",
            $table,
            "lead, ",
            $table,
            "sources, ",
            $table,
            "created, ",
            $table,
            "updated, ",
            $table,
            "closed"
        )
    };
}

/// The columns of a model call.
macro_rules! model_call_columns {
    () => {
        "seq, id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis, failure, usage"
    };
}
pub(super) use {lead_columns, model_call_columns};

/// `rows`: the source of `e (key, value)`; `channel`: the part of `chat` before the colon; `position`: the function that finds a text in
/// another; `free`: the condition that nobody else has the chat `u.chat`.
macro_rules! reads {
    (rows: $rows:literal, channel: $channel:literal, position: $position:literal, free: $free:expr) => {
        Reads {
            // At least one row per chat, so that the session is returned even when no event waits.
            next: concat!(
                "SELECT e.value->>0, i.seq, i.event, i.button, c.session, coalesce(c.version, 0), c.staff,
                    EXISTS (SELECT 1 FROM outbox o WHERE o.chat = e.value->>0 AND o.delivered = 0)
                FROM ", $rows, " LEFT JOIN chats c ON c.key = e.value->>0
                LEFT JOIN inbox i ON i.chat = e.value->>0 AND i.consumed IS NULL AND i.seq <= coalesce((
                    SELECT seq FROM inbox WHERE chat = e.value->>0 AND consumed IS NULL
                    ORDER BY seq LIMIT 1 OFFSET $2), 9223372036854775807)
                ORDER BY e.key, i.seq"
            ),
            chat: "SELECT session, version, staff FROM chats WHERE key = $1",
            // Only the oldest undelivered message of a chat counts: the later ones wait behind it.
            unfinished: concat!(
                "SELECT chat FROM (
                    SELECT chat FROM inbox WHERE consumed IS NULL
                    UNION SELECT chat FROM outbox AS o WHERE delivered = 0 AND due <= $2 AND NOT EXISTS (
                        SELECT 1 FROM outbox AS b
                        WHERE b.chat = o.chat AND b.delivered = 0 AND b.seq < o.seq AND b.due > $2)
                ) AS u WHERE ", $channel, " IN (SELECT e.value->>0 FROM ", $rows, ") ", $free, "
                ORDER BY chat"
            ),
            deliveries: "SELECT m.seq, CAST(o.delivered AS BIGINT), o.attempts, o.due, o.failure
                FROM messages AS m JOIN outbox AS o ON o.effect = m.effect
                WHERE m.chat = $1 AND m.seq >= $2 AND m.seq <= $3 ORDER BY m.seq LIMIT 200",
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
                    WHERE chat = $1 AND seq > $2 AND seq < $3 ORDER BY seq DESC LIMIT $4
                ) AS m ORDER BY seq",
            leads_newest: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE ($1 = '' OR ", $position,
                "($1, ',' || status || ',') > 0) AND ($2 = '' OR coalesce(assignee, '-') = $2) AND ($3 = '' OR chat = $3)
                    AND created >= $4 AND seq < $5 ORDER BY seq DESC LIMIT $6"
            ),
            leads_oldest: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE ($1 = '' OR ", $position,
                "($1, ',' || status || ',') > 0) AND ($2 = '' OR coalesce(assignee, '-') = $2) AND ($3 = '' OR chat = $3)
                    AND created >= $4 AND seq > $5 ORDER BY seq LIMIT $6"
            ),
            leads_of_status: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE status = $1 AND ($2 = '' OR coalesce(assignee, '-') = $2)
                    AND created >= $3 AND seq < $4 ORDER BY seq DESC LIMIT $5"
            ),
            leads_of_chat: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE chat = $1 AND seq < $2
                ORDER BY seq DESC LIMIT $3"
            ),
            leads_holding: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE ($1 = '' OR ", $position,
                "($1, ',' || status || ',') > 0) AND ($2 = '' OR coalesce(assignee, '-') = $2) AND ($3 = '' OR chat = $3)
                    AND created >= $4 AND seq < $5 AND (", $position, "(searched, $7) > 0 OR $8 <> '' AND ", $position,
                "(searched, $8) > 0) ORDER BY seq DESC LIMIT $6"
            ),
            leads_of_status_holding: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE status = $1 AND ($2 = '' OR coalesce(assignee, '-') = $2)
                    AND ($3 = '' OR chat = $3) AND created >= $4 AND seq < $5 AND (", $position,
                "(searched, $7) > 0 OR $8 <> '' AND ", $position, "(searched, $8) > 0) ORDER BY seq DESC LIMIT $6"
            ),
            lead_counts: "SELECT status, count(*), sum(CASE WHEN assignee IS NULL THEN 1 ELSE 0 END)
                FROM leads GROUP BY status",
            // A page names the whole id: then no other one is compared.
            leads_like: concat!(
                "SELECT ", lead_columns!(""), " FROM leads WHERE id = $1 UNION ALL
                SELECT ", lead_columns!(""), " FROM leads WHERE substr(id, 1, length($1)) = $1
                    AND NOT EXISTS (SELECT 1 FROM leads WHERE id = $1)
                ORDER BY id LIMIT 10"
            ),
            lead_history: "SELECT seq, lead, at, actor, via, event FROM lead_history
                WHERE lead = $1 ORDER BY seq LIMIT 1000",
            turns: "SELECT seq, chat, at, event, release, trace FROM turns
                WHERE at >= $1 AND seq > $2 ORDER BY seq LIMIT $3",
            turns_of_chat: "SELECT seq, chat, at, event, release, trace FROM turns
                WHERE chat = $4 AND at >= $1 AND seq > $2 ORDER BY seq LIMIT $3",
            waiting_places: "SELECT release, flow, node, count(*) AS chats FROM chats
                WHERE node IS NOT NULL GROUP BY release, flow, node
                ORDER BY chats DESC, release, flow, node",
            chats_at_rest: "SELECT count(*) FROM chats WHERE node IS NULL",
            chats_like: concat!(
                "SELECT key FROM chats WHERE ", $position,
                "(key, $1) > 0 ORDER BY updated DESC, key LIMIT 10"
            ),
            taken_over: "SELECT key, handed FROM chats WHERE handed IS NOT NULL ORDER BY handed, key",
            analytics_since: "SELECT effect, chat, kind, name, value, arms, arm, release, at FROM marks
                WHERE at >= $1 ORDER BY seq",
            publications: "SELECT seq, release, parent, author, note, at, kind, moves FROM publications
                WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            stored_images: concat!(
                "SELECT hash FROM images WHERE hash IN (SELECT e.value->>0 FROM ", $rows, ")"
            ),
            releases_like: "SELECT id FROM releases WHERE substr(id, 1, length($1)) = $1
                ORDER BY id LIMIT 10",
            release: "SELECT files FROM releases WHERE id = $1",
            quarantined: "SELECT id, task, starts, why, at FROM quarantine WHERE at < $1
                ORDER BY at DESC, id LIMIT $2",
            day: "SELECT (SELECT count(DISTINCT chat) FROM turns WHERE at >= $1),
                (SELECT count(*) FROM turns WHERE at >= $1),
                (SELECT count(*) FROM leads WHERE created >= $1),
                (SELECT count(*) FROM marks WHERE kind = 'goal' AND at >= $1),
                (SELECT count(*) FROM chats WHERE handed IS NOT NULL),
                (SELECT count(*) FROM outbox WHERE delivered = 0 AND attempts > 0),
                (SELECT count(*) FROM quarantine)",
            upload: "SELECT id, name, bytes, hash, at, actor, via FROM uploads WHERE id = $1",
            uploads_before: "SELECT id, name, bytes, hash, at, actor, via FROM uploads
                WHERE at < $1 ORDER BY at, id LIMIT 1000",
            model_calls_newest: concat!(
                "SELECT ", model_call_columns!(), " FROM model_calls
                WHERE ($1 = '' OR chat = $1) AND at >= $2 AND seq < $3 ORDER BY seq DESC LIMIT $4"
            ),
            model_calls_oldest: concat!(
                "SELECT ", model_call_columns!(), " FROM model_calls
                WHERE ($1 = '' OR chat = $1) AND at >= $2 AND seq > $3 ORDER BY seq LIMIT $4"
            ),
            ping: "SELECT version FROM chats LIMIT 1",
        }
    };
}
pub(super) use reads;
