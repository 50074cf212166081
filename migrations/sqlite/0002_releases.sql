-- Publications, where chats wait, who has them, and marks for analytics.

-- Where a chat waits inside a node; all three NULL when it does not. `handed`: since when a person has it.
ALTER TABLE chats ADD COLUMN release TEXT;
ALTER TABLE chats ADD COLUMN flow TEXT;
ALTER TABLE chats ADD COLUMN node TEXT;
ALTER TABLE chats ADD COLUMN handed INTEGER;

-- Chats of before: their sessions know where they wait.
UPDATE chats SET
    release = session->>'$.release',
    flow = session->>'$.frames[#-1].flow',
    node = session->>'$.frames[#-1].waiting.node'
WHERE json_valid(session) AND session->>'$.frames[#-1].waiting.node' IS NOT NULL;

CREATE INDEX chats_waiting ON chats (release, flow, node) WHERE node IS NOT NULL;
CREATE INDEX chats_handed ON chats (handed) WHERE handed IS NOT NULL;

-- The last row's release is the current one.
CREATE TABLE publications (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    release TEXT    NOT NULL REFERENCES releases (id),
    parent  TEXT,
    author  TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('publish', 'rollback')),
    moves   TEXT    NOT NULL
) STRICT;

-- Conversions and arms of experiments; `arms` is the JSON map of a goal's client, `arm` the arm itself.
CREATE TABLE marks (
    seq     INTEGER PRIMARY KEY,
    effect  TEXT    NOT NULL UNIQUE,
    chat    TEXT    NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('goal', 'arm')),
    name    TEXT    NOT NULL,
    value   REAL,
    arms    TEXT,
    arm     TEXT,
    release TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX marks_at ON marks (at);
