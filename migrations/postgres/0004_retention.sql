-- What retention needs to find old rows: times where there were none, and indexes.

-- Rows of before: about as old as the last turn of their chat.
ALTER TABLE buttons ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
UPDATE buttons SET at = coalesce((SELECT updated FROM chats WHERE chats.key = buttons.chat),
    CAST(extract(epoch FROM now()) * 1000 AS BIGINT));
CREATE INDEX buttons_at ON buttons (at);

-- `day`: that of the last turn, counted from the Unix epoch. An index on `updated` would be written in every turn.
-- `spoke`: 0 while the client has only opened the chat.
ALTER TABLE chats ADD COLUMN day   BIGINT   NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN spoke SMALLINT NOT NULL DEFAULT 1;
UPDATE chats SET day = updated / 86400000;
-- Chats of before are taken as silent only where `/start` stands in the transcript and nothing else of a person.
UPDATE chats SET spoke = 0 WHERE handed IS NULL
    AND EXISTS (SELECT 1 FROM messages AS m WHERE m.chat = chats.key AND m.who = 'client')
    AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.chat = chats.key
        AND (m.who = 'staff' OR m.who = 'client' AND m.body <> '/start' AND m.body NOT LIKE '/start %'))
    AND NOT EXISTS (SELECT 1 FROM leads WHERE leads.chat = chats.key);
CREATE INDEX chats_day ON chats (day);
CREATE INDEX chats_silent ON chats (day) WHERE spoke = 0;

CREATE INDEX leads_closed ON leads (closed) WHERE closed IS NOT NULL;
CREATE INDEX once_at ON once (at);
CREATE INDEX task_starts_at ON task_starts (at);
CREATE INDEX quarantine_at ON quarantine (at);
CREATE INDEX uploads_at ON uploads (at);
