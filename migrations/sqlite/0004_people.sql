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
