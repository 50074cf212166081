-- What clients meant is counted from a row for each hour and intent: a busy month has tens of thousands of turns. `hour` is counted from
-- 1970-01-01 in UTC. The trigger keeps the sums in the transaction of the turn; they stay when the turn goes by age, as `dialog_days` do.
CREATE TABLE intent_hours (
    hour   INTEGER NOT NULL,
    intent TEXT    NOT NULL,
    turns  INTEGER NOT NULL,
    PRIMARY KEY (hour, intent)
) STRICT, WITHOUT ROWID;
INSERT INTO intent_hours
SELECT at / 3600000, intent, count(*) FROM turns WHERE intent IS NOT NULL GROUP BY at / 3600000, intent;
CREATE TRIGGER turns_summed AFTER INSERT ON turns WHEN new.intent IS NOT NULL BEGIN
    INSERT INTO intent_hours VALUES (new.at / 3600000, new.intent, 1)
    ON CONFLICT (hour, intent) DO UPDATE SET turns = turns + 1;
END;
