-- Drafts of flows and texts: what differs from a release, and every change of it.
CREATE TABLE flow_drafts (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title    TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    -- The release that it changes.
    base     TEXT COLLATE "C" NOT NULL,
    made     BIGINT  NOT NULL,
    changed  BIGINT  NOT NULL,
    -- The number of its last change: whoever writes names the one they have seen.
    revision BIGINT  NOT NULL,
    -- 'open', 'published' or 'discarded'.
    state    TEXT COLLATE "C" NOT NULL
);

-- Files that a draft has changed; without a text: deleted. `base` is what the file was before.
CREATE TABLE draft_files (
    draft    TEXT COLLATE "C" NOT NULL,
    path     TEXT COLLATE "C" NOT NULL,
    content  TEXT,
    revision BIGINT  NOT NULL,
    base     TEXT,
    PRIMARY KEY (draft, path)
);

-- What a revision changed, for the history and for undoing; NULL: no file.
CREATE TABLE draft_changes (
    draft    TEXT COLLATE "C" NOT NULL,
    revision BIGINT  NOT NULL,
    path     TEXT COLLATE "C" NOT NULL,
    was      TEXT,
    became   TEXT,
    author   TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    undone   BIGINT  NOT NULL,
    PRIMARY KEY (draft, revision)
);
