//! Which rows are old, table by table. Every table stands in a rule, among the tables that go with their chat, or among
//! [`EXCEPTIONS`]; a test compares them with the database's own list.

use tolmach_runtime::ports::Retention;

/// What deletes old rows.
pub struct Retain {
    pub(crate) rules: &'static [Rule],
    pub(crate) chats: OldChats,
}

/// Deletes old rows of one table. Most tables are roughly in order of time, so only their first rows by primary key are
/// examined: an index on the time would slow down every turn. The others have an index on their time.
pub struct Rule {
    /// The table's name in counts.
    pub(crate) name: &'static str,
    /// The table in the database.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only compared with the database's own list of tables")
    )]
    pub(crate) table: &'static str,
    /// The time before which rows are old.
    pub(crate) before: fn(&Retention) -> Option<i64>,
    /// Parameters: that time, and the maximum number of rows.
    pub(crate) sql: &'static str,
}

/// Deletes old chats with their rows.
pub struct OldChats {
    /// Selects chats without a turn since a time. Parameters: the time, and the maximum number of chats.
    pub(crate) idle: &'static str,
    /// The same for chats in which nobody said anything.
    pub(crate) silent: &'static str,
    /// Tables whose rows go with their chat. Parameters: the chats as JSON rows `[chat]`, and the maximum number of rows.
    ///
    /// The other tables that name a chat have no index by it. Their rows hold nothing of the client once the turn is over
    /// (keys of events and effects, numbers), and go by their own age.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    /// Deletes those of the chats that have no such rows left. Parameter: the chats as JSON rows `[chat]`.
    pub(crate) chats: &'static str,
}

/// Tables without a rule, and why they need none.
#[cfg(test)]
pub(crate) const EXCEPTIONS: [(&str, &str); 19] = [
    ("message_words", "SQLite's index of messages: its rows go with theirs, by triggers"),
    ("message_words_data", "a part of it"),
    ("message_words_idx", "a part of it"),
    ("message_words_config", "a part of it"),
    ("releases", "a row for each bundle that staff served; its texts are what traces replay on"),
    ("publications", "a row for each publication by staff; it says what serves and served"),
    ("uploads", "a row goes with its files, by the data folder's own sweep"),
    ("flow_drafts", "of those that are closed the last hundred are kept, whenever one is closed"),
    ("draft_files", "they go with their draft"),
    ("draft_changes", "the last five hundred of a draft, and they go with it"),
    ("draft_people", "who was in a draft: a minute later the next one that is written removes it"),
    ("settings", "a row for each section of the settings"),
    ("setting_secrets", "a row for each secret of them"),
    ("accounts", "a row for each person of the staff"),
    ("invitations", "one for each role: a new one takes the place of the last"),
    ("_sqlx_migrations", "a row for each migration"),
    ("sqlite_sequence", "SQLite's own: a row for each table"),
    ("apalis._sqlx_migrations", "a row for each migration of the queue"),
    ("_apalis_migrations", "a row for each migration of the queue"),
];

/// The statements of [`Retain`], from the parts of `statements!` that they need.
macro_rules! retain {
    (rows: $rows:literal, locked_chats: $locked_chats:literal,
        tasks: ($tasks_table:literal, $tasks:literal), workers: ($workers_table:literal, $workers:literal),
        more: [$($more:expr),*] $(,)?) => {
        Retain {
            rules: &[
                Rule {
                    name: "inbox",
                    table: "inbox",
                    before: |keep| keep.inbox,
                    sql: "DELETE FROM inbox WHERE consumed < $1 AND seq IN (
                        SELECT seq FROM inbox WHERE consumed IS NOT NULL ORDER BY seq LIMIT $2)",
                },
                Rule {
                    name: "outbox",
                    table: "outbox",
                    before: |keep| keep.outbox,
                    sql: "DELETE FROM outbox WHERE due < $1 AND seq IN (
                        SELECT seq FROM outbox WHERE delivered = 1 AND failure IS NULL ORDER BY seq LIMIT $2)",
                },
                // What was given up is shown to staff, who may send it again.
                Rule {
                    name: "outbox",
                    table: "outbox",
                    before: |keep| keep.undelivered,
                    sql: "DELETE FROM outbox WHERE seq IN (
                        SELECT seq FROM outbox WHERE delivered = 1 AND failure IS NOT NULL AND due < $1
                        ORDER BY due LIMIT $2)",
                },
                // Looks at all undelivered messages, as the maintenance loop does twice a second.
                Rule {
                    name: "outbox",
                    table: "outbox",
                    before: |keep| keep.undelivered,
                    sql: "DELETE FROM outbox WHERE seq IN (
                        SELECT seq FROM outbox WHERE delivered = 0 AND due < $1 ORDER BY chat, seq LIMIT $2)",
                },
                Rule {
                    name: "turns",
                    table: "turns",
                    before: |keep| keep.turns,
                    sql: "DELETE FROM turns WHERE at < $1 AND seq IN (
                        SELECT seq FROM turns ORDER BY seq LIMIT $2)",
                },
                Rule {
                    name: "model_calls",
                    table: "model_calls",
                    before: |keep| keep.turns,
                    sql: "DELETE FROM model_calls WHERE at < $1 AND seq IN (
                        SELECT seq FROM model_calls ORDER BY seq LIMIT $2)",
                },
                Rule {
                    name: "messages",
                    table: "messages",
                    before: |keep| keep.messages,
                    sql: "DELETE FROM messages WHERE at < $1 AND seq IN (
                        SELECT seq FROM messages ORDER BY seq LIMIT $2)",
                },
                // Their ids are in no order of time.
                Rule {
                    name: "buttons",
                    table: "buttons",
                    before: |keep| keep.buttons,
                    sql: "DELETE FROM buttons WHERE (chat, id) IN (
                        SELECT chat, id FROM buttons WHERE at < $1 ORDER BY at LIMIT $2)",
                },
                Rule {
                    name: "lead_history",
                    table: "lead_history",
                    before: |keep| keep.leads,
                    sql: "DELETE FROM lead_history WHERE seq IN (
                        SELECT h.seq FROM leads AS l JOIN lead_history AS h ON h.lead = l.id
                        WHERE l.closed < $1 LIMIT $2)",
                },
                Rule {
                    name: "leads",
                    table: "leads",
                    before: |keep| keep.leads,
                    sql: "DELETE FROM leads WHERE seq IN (
                        SELECT seq FROM leads AS l WHERE closed < $1
                            AND NOT EXISTS (SELECT 1 FROM lead_history AS h WHERE h.lead = l.id)
                        ORDER BY closed LIMIT $2)",
                },
                Rule {
                    name: "marks",
                    table: "marks",
                    before: |keep| keep.analytics,
                    sql: "DELETE FROM marks WHERE seq IN (
                        SELECT seq FROM marks WHERE at < $1 ORDER BY at LIMIT $2)",
                },
                Rule {
                    name: "dialog_days",
                    table: "dialog_days",
                    before: |keep| keep.analytics,
                    sql: "DELETE FROM dialog_days WHERE (day, chat) IN (
                        SELECT day, chat FROM dialog_days WHERE day < $1 / 86400000 ORDER BY day LIMIT $2)",
                },
                Rule {
                    name: "intent_hours",
                    table: "intent_hours",
                    before: |keep| keep.analytics,
                    sql: "DELETE FROM intent_hours WHERE (hour, intent) IN (
                        SELECT hour, intent FROM intent_hours WHERE hour < $1 / 3600000 ORDER BY hour LIMIT $2)",
                },
                Rule {
                    name: "model_hours",
                    table: "model_hours",
                    before: |keep| keep.analytics,
                    sql: "DELETE FROM model_hours WHERE (hour, purpose, model) IN (
                        SELECT hour, purpose, model FROM model_hours WHERE hour < $1 / 3600000 ORDER BY hour LIMIT $2)",
                },
                Rule {
                    name: "audit",
                    table: "audit",
                    before: |keep| keep.audit,
                    sql: "DELETE FROM audit WHERE at < $1 AND seq IN (
                        SELECT seq FROM audit ORDER BY seq LIMIT $2)",
                },
                Rule {
                    name: "once",
                    table: "once",
                    before: |keep| keep.tasks,
                    sql: "DELETE FROM once WHERE key IN (
                        SELECT key FROM once WHERE at < $1 ORDER BY at LIMIT $2)",
                },
                Rule {
                    name: "task_starts",
                    table: "task_starts",
                    before: |keep| keep.quarantine,
                    sql: "DELETE FROM task_starts WHERE id IN (
                        SELECT id FROM task_starts WHERE at < $1 ORDER BY at LIMIT $2)",
                },
                Rule {
                    name: "quarantine",
                    table: "quarantine",
                    before: |keep| keep.quarantine,
                    sql: "DELETE FROM quarantine WHERE id IN (
                        SELECT id FROM quarantine WHERE at < $1 ORDER BY at LIMIT $2)",
                },
                Rule {
                    name: "logins",
                    table: "logins",
                    before: |keep| keep.logins,
                    sql: "DELETE FROM logins WHERE id IN (
                        SELECT id FROM logins WHERE made < $1 ORDER BY made LIMIT $2)",
                },
                Rule {
                    name: "tokens",
                    table: "access_tokens",
                    before: |keep| keep.logins,
                    sql: "DELETE FROM access_tokens WHERE id IN (
                        SELECT id FROM access_tokens WHERE expires < $1 ORDER BY expires LIMIT $2)",
                },
                // An open draft names them in a file, or in a change that may be undone.
                Rule {
                    name: "images",
                    table: "images",
                    before: |keep| keep.images,
                    sql: "DELETE FROM images WHERE hash IN (
                        SELECT i.hash FROM images AS i WHERE i.kept = 0 AND i.at < $1
                            AND NOT EXISTS (SELECT 1 FROM flow_drafts JOIN draft_files AS f ON f.draft = flow_drafts.id
                                WHERE flow_drafts.state = 'open' AND f.path LIKE 'images/%'
                                    AND f.content LIKE '%' || i.hash || '%')
                            AND NOT EXISTS (SELECT 1 FROM flow_drafts JOIN draft_changes AS c ON c.draft = flow_drafts.id
                                WHERE flow_drafts.state = 'open' AND c.path LIKE 'images/%'
                                    AND (c.was LIKE '%' || i.hash || '%' OR c.became LIKE '%' || i.hash || '%'))
                        ORDER BY i.at LIMIT $2)",
                },
                Rule { name: "tasks", table: $tasks_table, before: |keep| keep.tasks, sql: $tasks },
                Rule { name: "workers", table: $workers_table, before: |keep| keep.tasks, sql: $workers },
                $($more),*
            ],
            chats: OldChats {
                idle: concat!(
                    "SELECT c.key FROM chats AS c WHERE c.day < $1 / 86400000", unneeded!(),
                    " ORDER BY c.day LIMIT $2", $locked_chats
                ),
                silent: concat!(
                    "SELECT c.key FROM chats AS c WHERE c.spoke = 0 AND c.day < $1 / 86400000", unneeded!(),
                    " ORDER BY c.day LIMIT $2", $locked_chats
                ),
                parts: &[
                    ("messages", concat!(
                        "DELETE FROM messages WHERE seq IN (
                            SELECT m.seq FROM ", $rows, " JOIN messages AS m ON m.chat = e.value->>0 LIMIT $2)"
                    )),
                    ("turns", concat!(
                        "DELETE FROM turns WHERE seq IN (
                            SELECT t.seq FROM ", $rows, " JOIN turns AS t ON t.chat = e.value->>0 LIMIT $2)"
                    )),
                    ("buttons", concat!(
                        "DELETE FROM buttons WHERE (chat, id) IN (
                            SELECT b.chat, b.id FROM ", $rows, " JOIN buttons AS b ON b.chat = e.value->>0 LIMIT $2)"
                    )),
                    ("notes", concat!(
                        "DELETE FROM notes WHERE seq IN (
                            SELECT n.seq FROM ", $rows, " JOIN notes AS n ON n.chat = e.value->>0 LIMIT $2)"
                    )),
                    ("timers", concat!(
                        "DELETE FROM timers WHERE (chat, name) IN (
                            SELECT t.chat, t.name FROM ", $rows, " JOIN timers AS t ON t.chat = e.value->>0 LIMIT $2)"
                    )),
                    ("timer_tasks", concat!(
                        "DELETE FROM timer_tasks WHERE (chat, name) IN (
                            SELECT t.chat, t.name FROM ", $rows,
                            " JOIN timer_tasks AS t ON t.chat = e.value->>0 LIMIT $2)"
                    )),
                ],
                chats: concat!(
                    "DELETE FROM chats WHERE key IN (SELECT e.value->>0 FROM ", $rows, ")
                        AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.chat = chats.key)
                        AND NOT EXISTS (SELECT 1 FROM turns AS t WHERE t.chat = chats.key)
                        AND NOT EXISTS (SELECT 1 FROM buttons AS b WHERE b.chat = chats.key)
                        AND NOT EXISTS (SELECT 1 FROM notes AS n WHERE n.chat = chats.key)
                        AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.chat = chats.key)
                        AND NOT EXISTS (SELECT 1 FROM timer_tasks AS t WHERE t.chat = chats.key)"
                ),
            },
        }
    };
}
pub(crate) use retain;

/// Nobody works on the chat `c`, and nothing in it is still to come.
macro_rules! unneeded {
    () => {
        " AND c.handed IS NULL
            AND NOT EXISTS (SELECT 1 FROM leads AS l WHERE l.chat = c.key AND l.open = 1)
            AND NOT EXISTS (SELECT 1 FROM inbox AS i WHERE i.chat = c.key AND i.consumed IS NULL)
            AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.chat = c.key AND o.delivered = 0)
            AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.chat = c.key AND t.due >= $1)"
    };
}
pub(crate) use unneeded;
