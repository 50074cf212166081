-- The audit log is read by its filters: what happened to an object, what a person did, rows of an action, and of a time. The numbers of
-- the rows are those by which pages are cut.
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_at ON audit (at, seq);
