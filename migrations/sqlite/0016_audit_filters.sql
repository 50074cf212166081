-- The audit log is read by its filters: what happened to an object, what a person did, rows of an action, and of a time. An index holds
-- the number of each row, by which pages are cut.
CREATE INDEX audit_object ON audit (object);
CREATE INDEX audit_actor ON audit (actor);
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_at ON audit (at);
