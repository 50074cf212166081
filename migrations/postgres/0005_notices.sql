-- What is remembered of a chat's messages to the staff: how many it may still send, and those that are held back. NULL
-- for nearly all chats.
ALTER TABLE chats ADD COLUMN staff TEXT;
