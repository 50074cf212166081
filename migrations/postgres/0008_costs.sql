-- What model calls cost is summed over whole periods: the tokens that stand in the JSON of `usage`, as numbers. NULL where the provider
-- did not tell them, which is not zero. `cached_tokens` are a part of `input_tokens`.
ALTER TABLE model_calls ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE model_calls ADD COLUMN input_tokens BIGINT;
ALTER TABLE model_calls ADD COLUMN cached_tokens BIGINT;
ALTER TABLE model_calls ADD COLUMN output_tokens BIGINT;
UPDATE model_calls SET failed = 1 WHERE failure IS NOT NULL;
CREATE FUNCTION pg_temp.tokens(usage TEXT, path TEXT[]) RETURNS BIGINT AS $$
DECLARE n BIGINT;
BEGIN
    n := (usage::json #>> path)::BIGINT;
    RETURN CASE WHEN n BETWEEN 0 AND 1000000000 THEN n END;
EXCEPTION WHEN others THEN RETURN NULL;
END $$ LANGUAGE plpgsql;
UPDATE model_calls SET input_tokens = pg_temp.tokens(usage, '{prompt_tokens}'),
    output_tokens = pg_temp.tokens(usage, '{completion_tokens}'),
    cached_tokens = least(coalesce(pg_temp.tokens(usage, '{prompt_tokens_details,cached_tokens}'), 0), pg_temp.tokens(usage, '{prompt_tokens}'))
WHERE pg_temp.tokens(usage, '{prompt_tokens}') IS NOT NULL AND pg_temp.tokens(usage, '{completion_tokens}') IS NOT NULL;
DROP FUNCTION pg_temp.tokens(TEXT, TEXT[]);
-- Holds all that is summed, so that no row is read for it.
CREATE INDEX model_calls_spent ON model_calls (at, purpose, model, failed, input_tokens, cached_tokens, output_tokens);
DROP INDEX model_calls_at;
