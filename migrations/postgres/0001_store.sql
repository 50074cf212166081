-- The runtime's memory. One row of `inbox` is one turn; a turn is stored by one transaction.
-- Times are milliseconds since the Unix epoch, UTC. A chat's key is `<channel>:<id>`.
-- Keys compare by their bytes, whatever language the database was made for.

-- `release`, `flow` and `node` say where a chat waits inside a node; NULL when it does not. `handed`: since when a
-- person has it.
CREATE TABLE chats (
    key     TEXT   COLLATE "C" PRIMARY KEY,
    session TEXT   NOT NULL,
    version BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    release TEXT   COLLATE "C",
    flow    TEXT   COLLATE "C",
    node    TEXT   COLLATE "C",
    handed  BIGINT
);
CREATE INDEX chats_waiting ON chats (release, flow, node) WHERE node IS NOT NULL;
CREATE INDEX chats_handed ON chats (handed) WHERE handed IS NOT NULL;

-- A consumed row stays without its event: it is how a repeated delivery is recognised.
CREATE TABLE inbox (
    seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel  TEXT   COLLATE "C" NOT NULL,
    key      TEXT   COLLATE "C" NOT NULL,
    chat     TEXT   COLLATE "C" NOT NULL,
    event    TEXT,
    button   TEXT,
    timer    TEXT   COLLATE "C",
    consumed BIGINT,
    UNIQUE (channel, key)
);
CREATE INDEX inbox_waiting ON inbox (chat, seq) WHERE consumed IS NULL;

CREATE TABLE messages (
    seq  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat TEXT   COLLATE "C" NOT NULL,
    who  TEXT   NOT NULL CHECK (who IN ('client', 'bot')),
    body TEXT   NOT NULL,
    at   BIGINT NOT NULL
);
CREATE INDEX messages_of_chat ON messages (chat, seq);

CREATE TABLE turns (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat    TEXT   COLLATE "C" NOT NULL,
    event   TEXT   NOT NULL,
    release TEXT   NOT NULL,
    trace   TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX turns_of_chat ON turns (chat, seq);

CREATE TABLE buttons (
    chat  TEXT COLLATE "C" NOT NULL,
    id    TEXT COLLATE "C" NOT NULL,
    press TEXT NOT NULL,
    PRIMARY KEY (chat, id)
);

-- A delivered row stays without its payload: an effect's id is never taken twice.
CREATE TABLE outbox (
    seq       BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect    TEXT     COLLATE "C" NOT NULL UNIQUE,
    chat      TEXT     COLLATE "C" NOT NULL,
    payload   TEXT     NOT NULL,
    attempts  BIGINT   NOT NULL DEFAULT 0,
    due       BIGINT   NOT NULL,
    delivered SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX outbox_waiting ON outbox (chat, seq) WHERE delivered = 0;

CREATE TABLE leads (
    seq     BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT     COLLATE "C" NOT NULL UNIQUE,
    chat    TEXT     COLLATE "C" NOT NULL,
    open    SMALLINT NOT NULL DEFAULT 1,
    lead    TEXT     NOT NULL,
    created BIGINT   NOT NULL,
    updated BIGINT   NOT NULL
);
CREATE UNIQUE INDEX leads_open ON leads (chat) WHERE open = 1;

CREATE TABLE timers (
    chat    TEXT   COLLATE "C" NOT NULL,
    name    TEXT   COLLATE "C" NOT NULL,
    channel TEXT   COLLATE "C" NOT NULL,
    due     BIGINT NOT NULL,
    PRIMARY KEY (chat, name)
);
CREATE INDEX timers_due ON timers (channel, due);

CREATE TABLE releases (
    id    TEXT   COLLATE "C" PRIMARY KEY,
    files TEXT   NOT NULL,
    at    BIGINT NOT NULL
);

-- The last row's release is the current one.
CREATE TABLE publications (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release TEXT   COLLATE "C" NOT NULL REFERENCES releases (id),
    parent  TEXT,
    author  TEXT   NOT NULL,
    note    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    kind    TEXT   NOT NULL CHECK (kind IN ('publish', 'rollback')),
    moves   TEXT   NOT NULL
);

-- Conversions and arms of experiments; `arms` is the JSON map of a goal's client, `arm` the arm itself.
CREATE TABLE marks (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect  TEXT   COLLATE "C" NOT NULL UNIQUE,
    chat    TEXT   COLLATE "C" NOT NULL,
    kind    TEXT   NOT NULL CHECK (kind IN ('goal', 'arm')),
    name    TEXT   NOT NULL,
    value   DOUBLE PRECISION,
    arms    TEXT,
    arm     TEXT,
    release TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX marks_at ON marks (at);
