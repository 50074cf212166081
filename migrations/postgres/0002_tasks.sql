-- Which process has a chat, and what is known of tasks beside the queue itself (the schema `apalis`).

-- A lease holds until its time, or until its owner's session ends: `lock` is the advisory lock that the session
-- holds. What a crash of the server would lose here is void anyway.
CREATE UNLOGGED TABLE leases (
    chat  TEXT   COLLATE "C" PRIMARY KEY,
    owner TEXT   COLLATE "C" NOT NULL,
    lock  BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- The earliest task that is still out for a timer; a timer that is put off gets no new one.
CREATE TABLE timer_tasks (
    chat TEXT   COLLATE "C" NOT NULL,
    name TEXT   COLLATE "C" NOT NULL,
    due  BIGINT NOT NULL,
    PRIMARY KEY (chat, name)
);

-- Tasks that were begun and have not ended, with how often: a task that ends its process is counted too.
CREATE TABLE task_starts (
    id     TEXT   COLLATE "C" PRIMARY KEY,
    task   TEXT   NOT NULL,
    starts BIGINT NOT NULL,
    at     BIGINT NOT NULL
);

-- Tasks that are not tried any more.
CREATE TABLE quarantine (
    id     TEXT   COLLATE "C" PRIMARY KEY,
    task   TEXT   NOT NULL,
    starts BIGINT NOT NULL,
    why    TEXT   NOT NULL,
    at     BIGINT NOT NULL
);

-- What was put on the list once, such as the report of a day.
CREATE TABLE once (
    key text   NOT NULL PRIMARY KEY,
    at  bigint NOT NULL
);
