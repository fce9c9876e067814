-- Calendly counts calls per user and minute and says with each answer what is left. All workers share that knowledge here, so
-- that together they stop short of the limit rather than run into it one by one.
CREATE FUNCTION take_calendly_call(p_user_id bigint)
RETURNS double precision
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_budget calendly_call_budgets;
    v_now timestamptz := clock_timestamp();
BEGIN
    -- A count lost in a crash costs nothing, a disk flush per call does.
    PERFORM set_config('synchronous_commit', 'off', true);
    -- Until the first answer tells, the smallest plan's 50 calls a minute.
    INSERT INTO calendly_call_budgets (user_id, calls_left, resets_at)
    VALUES (p_user_id, 50, v_now + interval '1 minute')
    ON CONFLICT (user_id) DO NOTHING;
    SELECT b.* INTO v_budget FROM calendly_call_budgets b WHERE b.user_id = p_user_id FOR UPDATE;
    v_now := clock_timestamp();
    IF v_budget.resets_at <= v_now THEN
        v_budget.calls_left := coalesce(v_budget.calls_per_minute, 50);
        v_budget.resets_at := v_now + interval '1 minute';
    END IF;
    IF v_budget.calls_left <= floor(coalesce(v_budget.calls_per_minute, 50) * (1 - v_budget.share)) THEN
        RETURN greatest(0.05, extract(epoch FROM v_budget.resets_at - v_now));
    END IF;
    UPDATE calendly_call_budgets b
    SET calls_left = v_budget.calls_left - 1, resets_at = v_budget.resets_at
    WHERE b.user_id = p_user_id;
    RETURN 0;
END
$$;
COMMENT ON FUNCTION take_calendly_call(bigint) IS 'Reserve the next call for a Calendly user. 0: make it now; otherwise the seconds to wait before asking again.';
