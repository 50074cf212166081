-- Drafts of flows and texts: what differs from a release, and every change of it.
CREATE TABLE flow_drafts (
    id       TEXT    NOT NULL PRIMARY KEY,
    title    TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    -- The release that it changes.
    base     TEXT    NOT NULL,
    made     INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    -- The number of its last change: whoever writes names the one they have seen.
    revision INTEGER NOT NULL,
    -- 'open', 'published' or 'discarded'.
    state    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that a draft has changed; without a text: deleted. `base` is what the file was before.
CREATE TABLE draft_files (
    draft    TEXT    NOT NULL,
    path     TEXT    NOT NULL,
    content  TEXT,
    revision INTEGER NOT NULL,
    base     TEXT,
    PRIMARY KEY (draft, path)
) STRICT;

-- What a revision changed, for the history and for undoing; NULL: no file.
CREATE TABLE draft_changes (
    draft    TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    path     TEXT    NOT NULL,
    was      TEXT,
    became   TEXT,
    author   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    undone   INTEGER NOT NULL,
    PRIMARY KEY (draft, revision)
) STRICT;
