-- What is known of tasks beside the queue itself (the tables Jobs and Workers).

-- The earliest task that is still out for a timer; a timer that is put off gets no new one.
CREATE TABLE timer_tasks (
    chat TEXT    NOT NULL,
    name TEXT    NOT NULL,
    due  INTEGER NOT NULL,
    PRIMARY KEY (chat, name)
) STRICT, WITHOUT ROWID;

-- Tasks that were begun and have not ended, with how often: a task that ends its process is counted too.
CREATE TABLE task_starts (
    id     TEXT    NOT NULL PRIMARY KEY,
    task   TEXT    NOT NULL,
    starts INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- Tasks that are not tried any more.
CREATE TABLE quarantine (
    id     TEXT    NOT NULL PRIMARY KEY,
    task   TEXT    NOT NULL,
    starts INTEGER NOT NULL,
    why    TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- What was put on the list once, such as the report of a day.
CREATE TABLE once (
    key TEXT    NOT NULL PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
