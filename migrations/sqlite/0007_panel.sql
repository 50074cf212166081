-- What the admin panel lists and who may use it.

-- Of the chat's last turn: who spoke last ('client', 'bot' or 'staff'), since when the client waits for a person, which member of
-- the staff has the chat, the client's language and how the channel calls them. NULL in chats of before, until their next turn.
ALTER TABLE chats ADD COLUMN said     TEXT;
ALTER TABLE chats ADD COLUMN awaited  INTEGER;
ALTER TABLE chats ADD COLUMN holder   TEXT;
ALTER TABLE chats ADD COLUMN language TEXT;
ALTER TABLE chats ADD COLUMN client   TEXT;
UPDATE chats SET awaited = handed WHERE handed IS NOT NULL;
-- Holds all that a list is filtered by: a session is large, and reading past it costs more than the list itself.
CREATE INDEX chats_list ON chats (updated, key, said, language);
CREATE INDEX chats_awaited ON chats (awaited, key) WHERE awaited IS NOT NULL;
CREATE INDEX chats_holder ON chats (holder, updated) WHERE holder IS NOT NULL;

-- What a lead is looked for by: contacts, summary and details in lower case, and the digits of the phone.
ALTER TABLE leads ADD COLUMN searched TEXT NOT NULL DEFAULT '';
UPDATE leads SET searched = (
    WITH RECURSIVE folded (text, n) AS (
        SELECT lower(coalesce((SELECT group_concat(value, char(10)) FROM json_each(lead, '$.contact')), '') || char(10)
            || coalesce(lead->>'$.summary', '') || char(10) || coalesce(lead->>'$.details', '') || char(10)
            || coalesce(replace(lead->>'$.contact.phone', '+', ''), '')), 1
        UNION ALL SELECT replace(text, substr('АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐЎ', n, 1), substr('абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў', n, 1)), n + 1 FROM folded WHERE n <= 38
    ) SELECT text FROM folded WHERE n = 39)
WHERE json_valid(lead);
CREATE INDEX leads_of_chat ON leads (chat, seq);
CREATE INDEX leads_by_status ON leads (status, seq, assignee);

-- What staff note about a chat for each other.
CREATE TABLE notes (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    chat   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    author TEXT    NOT NULL,
    body   TEXT    NOT NULL
) STRICT;
CREATE INDEX notes_of_chat ON notes (chat, seq);

-- Which effect a message of the bot or the staff is: how its delivery is found. NULL in what clients wrote, and in messages of before.
ALTER TABLE messages ADD COLUMN effect TEXT;
-- Why the last attempt to deliver failed. With `delivered = 1` the message was given up and never arrived.
ALTER TABLE outbox ADD COLUMN failure TEXT;
CREATE INDEX outbox_failed ON outbox (due) WHERE delivered = 1 AND failure IS NOT NULL;

CREATE TABLE accounts (
    id       TEXT    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL,
    -- The name in lower case: names differ by more than that.
    handle   TEXT    NOT NULL UNIQUE,
    role     TEXT    NOT NULL,
    -- A PHC string of argon2id.
    password TEXT    NOT NULL,
    -- The secret of the second factor in base32; empty without one.
    totp     TEXT    NOT NULL,
    -- The time step of the last code that was taken: each code counts once.
    step     INTEGER NOT NULL,
    -- JSON: hashes of the recovery codes that are left.
    recovery TEXT    NOT NULL,
    -- JSON: language, theme and the like.
    settings TEXT    NOT NULL,
    disabled INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    -- Counts changes, so that two of them at once cannot overwrite each other.
    version  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE logins (
    -- A hash of the token in the cookie.
    id      TEXT    NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    -- 1 when the second factor was given or there is none.
    passed  INTEGER NOT NULL,
    agent   TEXT    NOT NULL,
    address TEXT    NOT NULL,
    made    INTEGER NOT NULL,
    seen    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_of_account ON logins (account, seen);
CREATE INDEX logins_made ON logins (made);

-- One-time links that make an account.
CREATE TABLE invitations (
    -- A hash of the token in the link.
    id    TEXT    NOT NULL PRIMARY KEY,
    role  TEXT    NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A day of a chat in the company's time zone (`day` is counted from 1970-01-01): what the panel's figures are counted from. `at`: the
-- first thing that happened; `facts`: bits, 1 the client spoke, 2 products were shown, 4 a contact was asked for, 8 a person was
-- called, 16 a lead, 32 staff wrote; `reply`: how long the client had waited when staff first answered. `intent` of a turn: the
-- exit of its first classification.
CREATE TABLE dialog_days (
    day   INTEGER NOT NULL,
    chat  TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    facts INTEGER NOT NULL,
    reply INTEGER,
    PRIMARY KEY (day, chat)
) STRICT, WITHOUT ROWID;
CREATE INDEX dialog_days_of_chat ON dialog_days (chat);
ALTER TABLE turns ADD COLUMN intent TEXT;
CREATE INDEX turns_intents ON turns (at, intent) WHERE intent IS NOT NULL;
CREATE INDEX turns_unsure ON turns (at) WHERE intent = 'unsure';
CREATE INDEX leads_created ON leads (created, status);
-- Dialogs of before, as far as the transcripts tell, by days in UTC.
INSERT INTO dialog_days (day, chat, at, facts)
SELECT at / 86400000, chat, min(at),
    max(CASE WHEN who = 'client' THEN 1 ELSE 0 END) + max(CASE WHEN who = 'staff' THEN 32 ELSE 0 END)
FROM messages WHERE who = 'staff' OR who = 'client' AND body <> '/start' GROUP BY at / 86400000, chat;

-- Search in texts: an index of what people read of each message, without the texts themselves. The triggers keep it in the transaction
-- of the message; deleted words are removed from the index at once (`secure-delete`) and not only marked.
CREATE VIEW message_texts AS SELECT seq, replace(replace(substr(CASE
    WHEN who = 'client' THEN body
    -- A message of the bot or of staff is JSON: its text, and the names of its products and files.
    WHEN json_valid(body) THEN coalesce(json_extract(body, '$.text'), '') || coalesce((
        SELECT ' ' || group_concat(json_extract(body, c.fullkey || '.name'), ' ') FROM json_each(body, '$.cards') AS c), '') || coalesce((
        SELECT ' ' || group_concat(json_extract(body, f.fullkey || '.name'), ' ') FROM json_each(body, '$.files') AS f), '')
    ELSE '' END, 1, 20000), 'Ё', 'Е'), 'ё', 'е') AS text
-- A text ends at U+0000 for SQLite.
FROM (SELECT seq, who, CASE who WHEN 'client' THEN body ELSE replace(body, '\u0000', ' ') END AS body FROM messages);
CREATE VIRTUAL TABLE message_words USING fts5 (
    text, content = 'message_texts', content_rowid = 'seq', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
-- Not by `rebuild`, which may read no function that returns a table.
INSERT INTO message_words (rowid, text) SELECT seq, text FROM message_texts ORDER BY seq;
CREATE TRIGGER messages_are_indexed AFTER INSERT ON messages BEGIN
    INSERT INTO message_words (rowid, text) SELECT seq, text FROM message_texts WHERE seq = new.seq;
END;
CREATE TRIGGER messages_leave_the_index BEFORE DELETE ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, text)
    SELECT 'delete', seq, text FROM message_texts WHERE seq = old.seq;
END;
