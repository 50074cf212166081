-- What model calls cost is counted from a row for each hour, purpose and model: a busy month has tens of thousands of calls. `hour` is
-- counted from 1970-01-01 in UTC. The trigger keeps the sums in the transaction of the call; they stay when the call goes by age, because
-- the money stays spent. One statement sums in the order of the key, so that two transactions wait for each other and never in a circle.
CREATE TABLE model_hours (
    hour    BIGINT NOT NULL,
    purpose TEXT   NOT NULL,
    model   TEXT   NOT NULL,
    calls   BIGINT NOT NULL,
    failed  BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    PRIMARY KEY (hour, purpose, model)
);
INSERT INTO model_hours
SELECT at / 3600000, purpose, model, count(*), sum(failed), count(*) FILTER (WHERE failed = 0 AND input_tokens IS NULL),
    coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0)
FROM model_calls GROUP BY at / 3600000, purpose, model;
CREATE FUNCTION sum_model_calls() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO model_hours AS h
    SELECT at / 3600000, purpose, model, count(*), sum(failed), count(*) FILTER (WHERE failed = 0 AND input_tokens IS NULL),
        coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0)
    FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (hour, purpose, model) DO UPDATE SET calls = h.calls + excluded.calls, failed = h.failed + excluded.failed,
        unknown = h.unknown + excluded.unknown, input_tokens = h.input_tokens + excluded.input_tokens,
        cached_tokens = h.cached_tokens + excluded.cached_tokens, output_tokens = h.output_tokens + excluded.output_tokens;
    RETURN NULL;
END $$;
CREATE TRIGGER model_calls_summed AFTER INSERT ON model_calls REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sum_model_calls();
