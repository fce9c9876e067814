-- The answer's own words replace our count; within one minute only downwards, for other workers' calls are still on their way. A
-- limit that was not known before, or is another one now, makes the old count worthless.
CREATE FUNCTION note_calendly_limits(p_user_id bigint, p_limit integer, p_remaining integer, p_reset_seconds double precision)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE calendly_call_budgets b SET
        calls_per_minute = coalesce(p_limit, b.calls_per_minute),
        calls_left = CASE
            WHEN abs(extract(epoch FROM b.resets_at - n.resets_at)) < 5 AND b.calls_per_minute = coalesce(p_limit, b.calls_per_minute)
                THEN least(b.calls_left, p_remaining)
            ELSE coalesce(p_remaining, b.calls_left)
        END,
        resets_at = n.resets_at
    FROM (SELECT clock_timestamp() + make_interval(secs => p_reset_seconds) AS resets_at) n
    WHERE b.user_id = p_user_id AND p_reset_seconds IS NOT NULL;
END
$$;
COMMENT ON FUNCTION note_calendly_limits(bigint, integer, integer, double precision) IS 'Book what an answer said: calls a minute, calls left, seconds until the count starts anew. Nulls: it did not say.';
