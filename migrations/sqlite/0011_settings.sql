-- Settings that are changed in the panel. What stands here goes before tolmach.toml, and variables of the environment go before it.
CREATE TABLE settings (
    section TEXT    NOT NULL PRIMARY KEY,
    -- Grows with every change of the section or of a secret of it: whoever writes names the one they have seen.
    version INTEGER NOT NULL,
    -- JSON: values by the names of settings.
    entries TEXT    NOT NULL,
    author  TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys, passwords and tokens. An empty one says that there is none, whatever tolmach.toml has.
CREATE TABLE setting_secrets (
    name    TEXT    NOT NULL PRIMARY KEY,
    secret  TEXT    NOT NULL,
    -- Its last characters, by which people recognise it.
    ending  TEXT    NOT NULL,
    author  TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
