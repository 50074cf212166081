-- What clients meant is counted from a row for each hour and intent: a busy month has tens of thousands of turns. `hour` is counted from
-- 1970-01-01 in UTC. The trigger keeps the sums in the transaction of the turn; they stay when the turn goes by age, as `dialog_days` do.
-- Several processes store turns at once, each on a connection of its own: `part` lets them count beside each other instead of waiting for
-- each other's transactions. One statement sums in the order of the key, so that those of one part wait and never in a circle.
CREATE TABLE intent_hours (
    hour   BIGINT NOT NULL,
    intent TEXT COLLATE "C" NOT NULL,
    part   BIGINT NOT NULL,
    turns  BIGINT NOT NULL,
    PRIMARY KEY (hour, intent, part)
);
INSERT INTO intent_hours
SELECT at / 3600000, intent, 0, count(*) FROM turns WHERE intent IS NOT NULL GROUP BY at / 3600000, intent;
CREATE FUNCTION sum_intents() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intent_hours AS h
    SELECT at / 3600000, intent, pg_backend_pid() % 16, count(*)
    FROM added WHERE intent IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (hour, intent, part) DO UPDATE SET turns = h.turns + excluded.turns;
    RETURN NULL;
END $$;
CREATE TRIGGER turns_summed AFTER INSERT ON turns REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sum_intents();
