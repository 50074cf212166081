-- Who did what outside the turns of dialogs.

CREATE TABLE audit (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   COLLATE "C" NOT NULL,
    -- client, staff:<channel>, cli or system.
    via     TEXT   COLLATE "C" NOT NULL,
    action  TEXT   COLLATE "C" NOT NULL,
    object  TEXT   COLLATE "C" NOT NULL,
    -- NULL when it was done.
    failure TEXT,
    details TEXT   NOT NULL
);

-- A lead has a life: `status` says where it stands, `open` follows from it, `sources` says where each field comes from.
ALTER TABLE leads ADD COLUMN status   TEXT NOT NULL DEFAULT 'new';
ALTER TABLE leads ADD COLUMN assignee TEXT;
ALTER TABLE leads ADD COLUMN sources  TEXT NOT NULL DEFAULT '{}';
ALTER TABLE leads ADD COLUMN closed   BIGINT;

CREATE TABLE lead_history (
    seq   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead  TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL,
    actor TEXT NOT NULL,
    via   TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX lead_history_of_lead ON lead_history (lead, seq);

-- Attempts of language model calls; `usage` is what the provider reported, NULL when it is not known.
CREATE TABLE model_calls (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    at      BIGINT NOT NULL,
    chat    TEXT COLLATE "C" NOT NULL,
    turn    TEXT NOT NULL,
    release TEXT NOT NULL,
    flow    TEXT NOT NULL,
    node    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    role    TEXT NOT NULL,
    model   TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    millis  BIGINT NOT NULL,
    failure TEXT,
    usage   TEXT
);
CREATE INDEX model_calls_at ON model_calls (at);

-- What a person of the staff writes is theirs, not the bot's.
ALTER TABLE messages DROP CONSTRAINT messages_who_check;
ALTER TABLE messages ADD CONSTRAINT messages_who_check CHECK (who IN ('client', 'bot', 'staff'));

-- Files that a person handed over for a job; the content lies in the data folder.
CREATE TABLE uploads (
    id    TEXT COLLATE "C" PRIMARY KEY,
    name  TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    hash  TEXT NOT NULL,
    at    BIGINT NOT NULL,
    actor TEXT NOT NULL,
    via   TEXT NOT NULL
);
