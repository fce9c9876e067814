-- When the source itself says "too many", every worker must hear it, not only the one that asked.
CREATE FUNCTION hold_calls(p_connection_id bigint, p_label text, p_until timestamptz, p_daily boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_account text;
    v_pool text;
BEGIN
    SELECT coalesce(c.account_id, 'connection:' || c.id), l.daily_pool INTO STRICT v_account, v_pool
    FROM zoom_connections c
    JOIN zoom_plan_limits l ON l.plan = c.plan AND l.label = p_label
    WHERE c.id = p_connection_id;

    IF p_daily THEN
        INSERT INTO zoom_call_budgets AS b (account, daily_pool, day, exhausted_until)
        VALUES (v_account, v_pool, (now() AT TIME ZONE 'UTC')::date, p_until)
        ON CONFLICT (account, daily_pool, day) DO UPDATE
            SET exhausted_until = greatest(b.exhausted_until, excluded.exhausted_until);
    ELSE
        INSERT INTO zoom_call_slots AS s (account, label, next_slot_at)
        VALUES (v_account, p_label, p_until)
        ON CONFLICT (account, label) DO UPDATE SET next_slot_at = greatest(s.next_slot_at, excluded.next_slot_at);
    END IF;
END
$$;
COMMENT ON FUNCTION hold_calls(bigint, text, timestamptz, boolean) IS 'Let nobody make a call of this label (or, for a daily limit, of its pool) for the connection''s account before p_until.';
