-- Who is in which draft, so that processes on one database tell each other. A row is renewed while its person is there; the next one that
-- is written removes those that were not renewed for a minute.
CREATE TABLE draft_people (
    draft   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    -- Which process was told: it knows its own people better.
    process TEXT    NOT NULL,
    file    TEXT    NOT NULL,
    line    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (draft, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_people_at ON draft_people (at);
