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
