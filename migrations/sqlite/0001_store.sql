-- The runtime's memory. One row of `inbox` is one turn; a turn is stored by one transaction.
-- Times are milliseconds since the Unix epoch, UTC. A chat's key is `<channel>:<id>`.

-- Marks the file as ours ("Tolm"), so that the database of another program is never touched.
PRAGMA application_id = 1416588397;

CREATE TABLE chats (
    key     TEXT    NOT NULL PRIMARY KEY,
    session TEXT    NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

-- A consumed row stays without its event: it is how a repeated delivery is recognised.
CREATE TABLE inbox (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel  TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    chat     TEXT    NOT NULL,
    event    TEXT,
    button   TEXT,
    timer    TEXT,
    consumed INTEGER,
    UNIQUE (channel, key)
) STRICT;
CREATE INDEX inbox_waiting ON inbox (chat, seq) WHERE consumed IS NULL;

CREATE TABLE messages (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT    NOT NULL,
    who  TEXT    NOT NULL CHECK (who IN ('client', 'bot')),
    body TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_chat ON messages (chat, seq);

CREATE TABLE turns (
    seq     INTEGER PRIMARY KEY,
    chat    TEXT    NOT NULL,
    event   TEXT    NOT NULL,
    release TEXT    NOT NULL,
    trace   TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX turns_of_chat ON turns (chat, seq);

CREATE TABLE buttons (
    chat  TEXT NOT NULL,
    id    TEXT NOT NULL,
    press TEXT NOT NULL,
    PRIMARY KEY (chat, id)
) STRICT, WITHOUT ROWID;

-- A delivered row stays without its payload: an effect's id is never taken twice.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    effect    TEXT    NOT NULL UNIQUE,
    chat      TEXT    NOT NULL,
    payload   TEXT    NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0,
    due       INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_waiting ON outbox (chat, seq) WHERE delivered = 0;

CREATE TABLE leads (
    seq     INTEGER PRIMARY KEY,
    id      TEXT    NOT NULL UNIQUE,
    chat    TEXT    NOT NULL,
    open    INTEGER NOT NULL DEFAULT 1,
    lead    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX leads_open ON leads (chat) WHERE open = 1;

CREATE TABLE timers (
    chat    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    channel TEXT    NOT NULL,
    due     INTEGER NOT NULL,
    PRIMARY KEY (chat, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_due ON timers (channel, due);

CREATE TABLE releases (
    id    TEXT    NOT NULL PRIMARY KEY,
    files TEXT    NOT NULL,
    at    INTEGER NOT NULL
) STRICT;
