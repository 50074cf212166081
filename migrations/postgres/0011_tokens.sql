-- Personal access tokens: by what programs act in a person's name.
CREATE TABLE access_tokens (
    -- SHA-256 of the token, in hexadecimal digits.
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account   TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    -- 1 when it may only read.
    read_only BIGINT NOT NULL,
    made      BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    -- The day of its last use, counted in UTC from 1970-01-01.
    used      BIGINT,
    UNIQUE (account, name)
);
CREATE INDEX access_tokens_expire ON access_tokens (expires);
