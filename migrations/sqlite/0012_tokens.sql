-- Personal access tokens: by what programs act in a person's name.
CREATE TABLE access_tokens (
    -- SHA-256 of the token, in hexadecimal digits.
    id        TEXT NOT NULL PRIMARY KEY,
    account   TEXT NOT NULL,
    name      TEXT NOT NULL,
    -- 1 when it may only read.
    read_only INTEGER NOT NULL,
    made      INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    -- The day of its last use, counted in UTC from 1970-01-01.
    used      INTEGER,
    UNIQUE (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_expire ON access_tokens (expires);
