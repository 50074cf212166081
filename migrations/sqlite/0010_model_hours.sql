-- What model calls cost is counted from a row for each hour, purpose and model: a busy month has tens of thousands of calls. `hour` is
-- counted from 1970-01-01 in UTC. The trigger keeps the sums in the transaction of the call; they stay when the call goes by age, because
-- the money stays spent.
CREATE TABLE model_hours (
    hour    INTEGER NOT NULL,
    purpose TEXT    NOT NULL,
    model   TEXT    NOT NULL,
    calls   INTEGER NOT NULL,
    failed  INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (hour, purpose, model)
) STRICT, WITHOUT ROWID;
INSERT INTO model_hours
SELECT at / 3600000, purpose, model, count(*), sum(failed), sum(failed = 0 AND input_tokens IS NULL),
    coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0)
FROM model_calls GROUP BY at / 3600000, purpose, model;
CREATE TRIGGER model_calls_summed AFTER INSERT ON model_calls BEGIN
    INSERT INTO model_hours VALUES (new.at / 3600000, new.purpose, new.model, 1, new.failed,
        new.failed = 0 AND new.input_tokens IS NULL,
        coalesce(new.input_tokens, 0), coalesce(new.cached_tokens, 0), coalesce(new.output_tokens, 0))
    ON CONFLICT (hour, purpose, model) DO UPDATE SET calls = calls + 1, failed = failed + excluded.failed,
        unknown = unknown + excluded.unknown, input_tokens = input_tokens + excluded.input_tokens,
        cached_tokens = cached_tokens + excluded.cached_tokens, output_tokens = output_tokens + excluded.output_tokens;
END;
