-- Zoom counts calls per account, over every app and machine, so the one place that can hold the count is here.
-- Slots are handed out evenly spaced: a burst at the start of a second is what gets an account a 429.
CREATE FUNCTION take_call_slot(
    p_connection_id bigint,
    p_label text,
    OUT wait_seconds double precision,
    OUT parked_until timestamptz
)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_account text;
    v_limit record;
    v_now timestamptz := clock_timestamp();
    v_day date := (v_now AT TIME ZONE 'UTC')::date;
    v_slot timestamptz;
    v_spacing interval;
BEGIN
    SELECT a.account, l.calls_per_second, l.pace, l.calls_per_day, l.daily_share, l.daily_pool, b.exhausted_until INTO STRICT v_limit
    FROM zoom_connections c
    JOIN zoom_plan_limits l ON l.plan = c.plan AND l.label = p_label
    CROSS JOIN LATERAL (SELECT coalesce(c.account_id, 'connection:' || c.id) AS account) a
    -- A hold stands in the row of the day on which the source spoke; what it said is honoured in full, if it takes days.
    LEFT JOIN LATERAL (
        SELECT max(b.exhausted_until) AS exhausted_until
        FROM zoom_call_budgets b
        WHERE b.account = a.account AND b.daily_pool = l.daily_pool AND b.day >= v_day - 31 AND b.exhausted_until > v_now
    ) b ON true
    WHERE c.id = p_connection_id;
    v_account := v_limit.account;
    IF v_limit.exhausted_until IS NOT NULL THEN
        parked_until := v_limit.exhausted_until;
        RETURN;
    END IF;

    IF v_limit.calls_per_day IS NOT NULL OR v_limit.calls_per_second IS NOT NULL THEN
        -- A slot lost in a crash costs nothing, a disk flush per call does.
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;

    IF v_limit.calls_per_day IS NOT NULL THEN
        INSERT INTO zoom_call_budgets AS b (account, daily_pool, day, calls)
        VALUES (v_account, v_limit.daily_pool, v_day, 1)
        ON CONFLICT (account, daily_pool, day) DO UPDATE SET calls = b.calls + 1
            WHERE b.calls < floor(v_limit.calls_per_day * v_limit.daily_share);
        IF NOT FOUND THEN
            parked_until := (v_day + 1)::timestamp AT TIME ZONE 'UTC';
            RETURN;
        END IF;
    END IF;

    IF v_limit.calls_per_second IS NULL THEN
        SELECT s.next_slot_at INTO v_slot
        FROM zoom_call_slots s WHERE s.account = v_account AND s.label = p_label;
    ELSE
        v_spacing := make_interval(secs => 1.0 / (v_limit.calls_per_second * v_limit.pace));
        INSERT INTO zoom_call_slots AS s (account, label, next_slot_at)
        VALUES (v_account, p_label, v_now + v_spacing)
        ON CONFLICT (account, label) DO UPDATE
            SET next_slot_at = greatest(s.next_slot_at, clock_timestamp()) + v_spacing
        RETURNING s.next_slot_at - v_spacing INTO v_slot;
    END IF;
    wait_seconds := greatest(0, extract(epoch FROM v_slot - clock_timestamp()));
    wait_seconds := coalesce(wait_seconds, 0);
END
$$;
COMMENT ON FUNCTION take_call_slot(bigint, text) IS 'Reserve the next call of a label for a connection''s account. Returns the seconds to wait before making it, or the time until which the day''s budget (less the reserve) is spent.';
