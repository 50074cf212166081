-- What model calls cost is summed over whole periods: the tokens that stand in the JSON of `usage`, as numbers. NULL where the provider
-- did not tell them, which is not zero. `cached_tokens` are a part of `input_tokens`.
ALTER TABLE model_calls ADD COLUMN failed        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_calls ADD COLUMN input_tokens  INTEGER;
ALTER TABLE model_calls ADD COLUMN cached_tokens INTEGER;
ALTER TABLE model_calls ADD COLUMN output_tokens INTEGER;
UPDATE model_calls SET failed = 1 WHERE failure IS NOT NULL;
UPDATE model_calls SET input_tokens = usage->>'$.prompt_tokens', output_tokens = usage->>'$.completion_tokens',
    cached_tokens = CASE WHEN json_type(usage, '$.prompt_tokens_details.cached_tokens') = 'integer'
        THEN max(0, min(usage->>'$.prompt_tokens_details.cached_tokens', usage->>'$.prompt_tokens')) ELSE 0 END
WHERE json_valid(usage) AND json_type(usage, '$.prompt_tokens') = 'integer' AND json_type(usage, '$.completion_tokens') = 'integer'
    AND usage->>'$.prompt_tokens' BETWEEN 0 AND 1000000000 AND usage->>'$.completion_tokens' BETWEEN 0 AND 1000000000;
-- Holds all that is summed, so that no row is read for it.
CREATE INDEX model_calls_spent ON model_calls (at, purpose, model, failed, input_tokens, cached_tokens, output_tokens);
DROP INDEX model_calls_at;
