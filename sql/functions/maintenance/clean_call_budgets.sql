-- Calls are counted by the day; only the day that is under way holds anybody back.
CREATE FUNCTION clean_call_budgets(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT b.account, b.daily_pool, b.day
        FROM zoom_call_budgets b
        -- Zoom may have said today that the day ends tomorrow.
        WHERE b.day < (p_before AT TIME ZONE 'UTC')::date AND coalesce(b.exhausted_until < now(), true)
    ),
    taken AS (
        SELECT b.account, b.daily_pool, b.day
        FROM zoom_call_budgets b
        WHERE NOT p_dry_run AND (b.account, b.daily_pool, b.day) IN (SELECT o.account, o.daily_pool, o.day FROM old o)
        LIMIT p_max_rows
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM zoom_call_budgets b USING taken t
        WHERE b.account = t.account AND b.daily_pool = t.daily_pool AND b.day = t.day
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_call_budgets(timestamptz, boolean, bigint) IS 'Delete the call counts of days (UTC) before that of p_before. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
