-- The run's row is locked too: a person may take an old run up again at this very moment, and then its lists are needed.
CREATE FUNCTION clean_queue_items(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT q.id
        FROM webinar_sync_queue q
        JOIN sync_runs r ON r.id = q.run_id
        WHERE r.finished_at < p_before
    ),
    taken AS (
        SELECT q.id
        FROM webinar_sync_queue q
        JOIN sync_runs r ON r.id = q.run_id
        WHERE NOT p_dry_run AND r.finished_at < p_before AND q.id IN (SELECT o.id FROM old o)
        LIMIT p_max_rows
        FOR UPDATE OF q SKIP LOCKED
        FOR NO KEY UPDATE OF r SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM webinar_sync_queue q USING taken WHERE q.id = taken.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_queue_items(timestamptz, boolean, bigint) IS 'Delete the lists of runs that ended before p_before. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
