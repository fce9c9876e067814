-- Errors serve as long as somebody may look for their cause; a run that is still active keeps all of them.
CREATE FUNCTION clean_error_logs(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT t.id
        FROM sync_error_logs t
        JOIN sync_runs r ON r.id = t.run_id
        WHERE r.finished_at IS NOT NULL AND (t.last_seen_at < p_before OR r.finished_at < p_before)
    ),
    taken AS (
        SELECT t.id
        FROM sync_error_logs t
        WHERE NOT p_dry_run AND t.id IN (SELECT o.id FROM old o)
        LIMIT p_max_rows
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM sync_error_logs t USING taken WHERE t.id = taken.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_error_logs(timestamptz, boolean, bigint) IS 'Delete errors of runs that ended, last seen before p_before. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
