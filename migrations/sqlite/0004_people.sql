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
