-- What the admin panel lists and who may use it.

-- Of the chat's last turn: who spoke last ('client', 'bot' or 'staff'), since when the client waits for a person, which member of
-- the staff has the chat, the client's language and how the channel calls them. NULL in chats of before, until their next turn.
ALTER TABLE chats ADD COLUMN said TEXT COLLATE "C";
ALTER TABLE chats ADD COLUMN awaited BIGINT;
ALTER TABLE chats ADD COLUMN holder TEXT COLLATE "C";
ALTER TABLE chats ADD COLUMN language TEXT COLLATE "C";
ALTER TABLE chats ADD COLUMN client TEXT;
UPDATE chats SET awaited = handed WHERE handed IS NOT NULL;
-- Holds all that a list is filtered by: a session is large, and reading past it costs more than the list itself.
CREATE INDEX chats_list ON chats (updated, key, said, language);
CREATE INDEX chats_awaited ON chats (awaited, key) WHERE awaited IS NOT NULL;
CREATE INDEX chats_holder ON chats (holder, updated) WHERE holder IS NOT NULL;

-- What a lead is looked for by: contacts, summary and details in lower case, and the digits of the phone.
ALTER TABLE leads ADD COLUMN searched TEXT NOT NULL DEFAULT '';
CREATE FUNCTION pg_temp.searched(lead TEXT) RETURNS TEXT AS $$
BEGIN
    RETURN translate(lower(concat_ws(E'\n', (SELECT string_agg(c.value, E'\n') FROM json_each_text(lead::json -> 'contact') AS c),
        lead::json ->> 'summary', lead::json ->> 'details', replace(lead::json -> 'contact' ->> 'phone', '+', ''))),
        'АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐЎ', 'абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў');
EXCEPTION WHEN others THEN RETURN '';
END $$ LANGUAGE plpgsql;
UPDATE leads SET searched = pg_temp.searched(lead);
DROP FUNCTION pg_temp.searched(TEXT);
CREATE INDEX leads_of_chat ON leads (chat, seq);
CREATE INDEX leads_by_status ON leads (status, seq, assignee);

-- What staff note about a chat for each other.
CREATE TABLE notes (
    seq    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat   TEXT COLLATE "C"    NOT NULL,
    at     BIGINT NOT NULL,
    author TEXT    NOT NULL,
    body   TEXT    NOT NULL
);
CREATE INDEX notes_of_chat ON notes (chat, seq);

-- Which effect a message of the bot or the staff is: how its delivery is found. NULL in what clients wrote, and in messages of before.
ALTER TABLE messages ADD COLUMN effect TEXT COLLATE "C";
-- Why the last attempt to deliver failed. With `delivered = 1` the message was given up and never arrived.
ALTER TABLE outbox ADD COLUMN failure TEXT;
CREATE INDEX outbox_failed ON outbox (due) WHERE delivered = 1 AND failure IS NOT NULL;

CREATE TABLE accounts (
    id       TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL,
    -- The name in lower case: names differ by more than that.
    handle   TEXT COLLATE "C"    NOT NULL UNIQUE,
    role     TEXT COLLATE "C"    NOT NULL,
    -- A PHC string of argon2id.
    password TEXT    NOT NULL,
    -- The secret of the second factor in base32; empty without one.
    totp     TEXT    NOT NULL,
    -- The time step of the last code that was taken: each code counts once.
    step     BIGINT NOT NULL,
    -- JSON: hashes of the recovery codes that are left.
    recovery TEXT    NOT NULL,
    -- JSON: language, theme and the like.
    settings TEXT    NOT NULL,
    disabled BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    -- Counts changes, so that two of them at once cannot overwrite each other.
    version  BIGINT NOT NULL
);

CREATE TABLE logins (
    -- A hash of the token in the cookie.
    id      TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    account TEXT COLLATE "C"    NOT NULL,
    -- 1 when the second factor was given or there is none.
    passed  BIGINT NOT NULL,
    agent   TEXT    NOT NULL,
    address TEXT    NOT NULL,
    made    BIGINT NOT NULL,
    seen    BIGINT NOT NULL
);
CREATE INDEX logins_of_account ON logins (account, seen);
CREATE INDEX logins_made ON logins (made);

-- One-time links that make an account.
CREATE TABLE invitations (
    -- A hash of the token in the link.
    id    TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    role  TEXT COLLATE "C"    NOT NULL,
    until BIGINT NOT NULL
);

-- A day of a chat in the company's time zone (`day` is counted from 1970-01-01): what the panel's figures are counted from. `at`: the
-- first thing that happened; `facts`: bits, 1 the client spoke, 2 products were shown, 4 a contact was asked for, 8 a person was
-- called, 16 a lead, 32 staff wrote; `reply`: how long the client had waited when staff first answered. `intent` of a turn: the
-- exit of its first classification.
CREATE TABLE dialog_days (
    day   BIGINT  NOT NULL,
    chat  TEXT COLLATE "C" NOT NULL,
    at    BIGINT  NOT NULL,
    facts INTEGER NOT NULL,
    reply BIGINT ,
    PRIMARY KEY (day, chat)
);
CREATE INDEX dialog_days_of_chat ON dialog_days (chat);
ALTER TABLE turns ADD COLUMN intent TEXT COLLATE "C";
CREATE INDEX turns_intents ON turns (at, intent) WHERE intent IS NOT NULL;
CREATE INDEX turns_unsure ON turns (at) WHERE intent = 'unsure';
CREATE INDEX leads_created ON leads (created, status);
-- Dialogs of before, as far as the transcripts tell, by days in UTC.
INSERT INTO dialog_days (day, chat, at, facts)
SELECT at / 86400000, chat, min(at),
    max(CASE WHEN who = 'client' THEN 1 ELSE 0 END) + max(CASE WHEN who = 'staff' THEN 32 ELSE 0 END)
FROM messages WHERE who = 'staff' OR who = 'client' AND body <> '/start' GROUP BY at / 86400000, chat;

-- Search in texts: the words of what people read of each message, in lower case, without the texts themselves. The program splits texts
-- into words, because a database's own rules follow its locale.
ALTER TABLE messages ADD COLUMN words TSVECTOR;
-- Messages of before. One of the bot or of staff is JSON: its text, and the names of its products.
CREATE FUNCTION pg_temp.shown(who TEXT, body TEXT) RETURNS TEXT AS $$
BEGIN
    IF who = 'client' THEN RETURN body; END IF;
    RETURN concat_ws(' ', body::json ->> 'text', (SELECT string_agg(c.value ->> 'name', ' ')
        FROM json_array_elements(CASE json_typeof(body::json -> 'cards') WHEN 'array' THEN body::json -> 'cards' END) AS c));
EXCEPTION WHEN others THEN RETURN '';
END $$ LANGUAGE plpgsql;
UPDATE messages SET words = (
    SELECT array_to_tsvector(coalesce(array_agg(left(word, 64)) FILTER (WHERE word <> ''), '{}'))
    FROM regexp_split_to_table(
        translate(lower(left(pg_temp.shown(who, body), 20000)), 'АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐЎӘҒҚҢӨҰҮҺЁё', 'абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґўәғқңөұүһее'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u2bff\u3000-\u303f\ufffd]+') AS word);
DROP FUNCTION pg_temp.shown(TEXT, TEXT);
CREATE INDEX messages_words ON messages USING gin (words) WITH (gin_pending_list_limit = 256);
