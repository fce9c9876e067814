-- Health and reports need the last run of a connection and its last success, however long ago; a mark needs the run it names.
-- What hangs on a run goes first, by its own rules, so that no cascade does the bulk of the work.
CREATE FUNCTION clean_runs(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH kept AS MATERIALIZED (
        (
            SELECT DISTINCT ON (r.source, r.connection_id) r.id
            FROM sync_runs r
            ORDER BY r.source, r.connection_id, r.started_at DESC, r.id DESC
        )
        UNION
        (
            SELECT DISTINCT ON (r.source, r.connection_id) r.id
            FROM sync_runs r
            WHERE r.status IN ('completed', 'completed_with_gaps')
            ORDER BY r.source, r.connection_id, r.started_at DESC, r.id DESC
        )
        UNION
        SELECT s.run_id FROM sync_state s
    ),
    old AS MATERIALIZED (
        SELECT r.id
        FROM sync_runs r
        WHERE r.finished_at < p_before AND NOT EXISTS (SELECT FROM kept k WHERE k.id = r.id)
    ),
    taken AS (
        SELECT r.id
        FROM sync_runs r
        WHERE NOT p_dry_run AND r.finished_at < p_before AND r.id IN (SELECT o.id FROM old o)
            AND NOT EXISTS (SELECT FROM sync_progress_updates p WHERE p.run_id = r.id)
            AND NOT EXISTS (SELECT FROM sync_error_logs e WHERE e.run_id = r.id)
            AND NOT EXISTS (SELECT FROM webinar_sync_queue q WHERE q.run_id = r.id)
        LIMIT p_max_rows
        FOR UPDATE OF r SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM sync_runs r USING taken WHERE r.id = taken.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_runs(timestamptz, boolean, bigint) IS 'Delete runs that ended before p_before and have nothing left that hangs on them. Kept for ever: the latest and the latest successful run of each connection, runs that a mark names. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
