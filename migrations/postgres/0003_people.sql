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
