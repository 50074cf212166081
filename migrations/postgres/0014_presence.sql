-- Who is in which draft, so that processes on one database tell each other. A row is renewed while its person is there; the next one that
-- is written removes those that were not renewed for a minute.
CREATE TABLE draft_people (
    draft   TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    -- Which process was told: it knows its own people better.
    process TEXT COLLATE "C" NOT NULL,
    file    TEXT COLLATE "C" NOT NULL,
    line    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (draft, name)
);
CREATE INDEX draft_people_at ON draft_people (at);
