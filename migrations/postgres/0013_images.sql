-- Images of releases and drafts, by the hash of their content: a release and a draft hold a line that names it.
CREATE TABLE images (
    hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    media   TEXT COLLATE "C" NOT NULL,
    -- When it was handed over last.
    at      BIGINT NOT NULL,
    -- 1 once a release names it: releases are kept, and so is what they name.
    kept    BIGINT NOT NULL,
    content BYTEA  NOT NULL
);
CREATE INDEX images_unkept ON images (at) WHERE kept = 0;
