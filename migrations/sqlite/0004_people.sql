-- Who did what outside the turns of dialogs.

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    -- client, staff:<channel>, cli or system.
    via     TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    -- NULL when it was done.
    failure TEXT,
    details TEXT    NOT NULL
) STRICT;

-- A lead has a life: `status` says where it stands, `open` follows from it, `sources` says where each field comes from.
ALTER TABLE leads ADD COLUMN status   TEXT NOT NULL DEFAULT 'new';
ALTER TABLE leads ADD COLUMN assignee TEXT;
ALTER TABLE leads ADD COLUMN sources  TEXT NOT NULL DEFAULT '{}';
ALTER TABLE leads ADD COLUMN closed   INTEGER;

CREATE TABLE lead_history (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    lead  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via   TEXT NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE INDEX lead_history_of_lead ON lead_history (lead, seq);

-- Attempts of language model calls; `usage` is what the provider reported, NULL when it is not known.
CREATE TABLE model_calls (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    chat    TEXT NOT NULL,
    turn    TEXT NOT NULL,
    release TEXT NOT NULL,
    flow    TEXT NOT NULL,
    node    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    role    TEXT NOT NULL,
    model   TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    millis  INTEGER NOT NULL,
    failure TEXT,
    usage   TEXT
) STRICT;
CREATE INDEX model_calls_at ON model_calls (at);

-- What a person of the staff writes is theirs, not the bot's. SQLite cannot change a CHECK, so the table is made anew; the
-- sequence goes on, because pages remember the last number that they have seen.
CREATE TABLE messages_new (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT    NOT NULL,
    who  TEXT    NOT NULL CHECK (who IN ('client', 'bot', 'staff')),
    body TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT;
INSERT INTO messages_new (seq, chat, who, body, at) SELECT seq, chat, who, body, at FROM messages ORDER BY seq;
DELETE FROM sqlite_sequence WHERE name = 'messages_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'messages_new', seq FROM sqlite_sequence WHERE name = 'messages';
DROP TABLE messages;
ALTER TABLE messages_new RENAME TO messages;
CREATE INDEX messages_of_chat ON messages (chat, seq);

-- Files that a person handed over for a job; the content lies in the data folder.
CREATE TABLE uploads (
    id    TEXT NOT NULL PRIMARY KEY,
    name  TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    hash  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
