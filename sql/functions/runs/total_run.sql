-- However a run ends, its row says what it did: what a run that was stopped had stored by then is stored.
CREATE FUNCTION total_run(p_run_id bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM refresh_run_progress(p_run_id);
    UPDATE sync_runs r SET
        rows_duplicate = n.rows_duplicate, rows_rejected = n.rows_rejected, rows_kept_back = n.rows_kept_back,
        sessions_inserted = n.sessions_inserted, sessions_updated = n.sessions_updated, sessions_unchanged = n.sessions_unchanged,
        participants_inserted = n.participants_inserted, participants_updated = n.participants_updated,
        participants_unchanged = n.participants_unchanged,
        provisional = n.provisional,
        errors = (SELECT count(*) FROM sync_error_logs e WHERE e.run_id = p_run_id),
        gaps = (
            SELECT count(*) FROM sync_gaps g
            WHERE g.source = r.source AND g.connection_id = r.connection_id AND g.closed_at IS NULL AND NOT g.is_expected
                AND (g.last_seen_run_id = r.id OR r.source = 'zoom' AND r.mode = 'full')
        )
    FROM (
        SELECT
            coalesce(sum(q.rows_duplicate), 0) AS rows_duplicate,
            coalesce(sum(q.rows_rejected) FILTER (WHERE q.kind = 'participants'), 0) AS rows_rejected,
            coalesce(sum(q.rows_kept_back), 0) AS rows_kept_back,
            coalesce(sum(q.sessions_inserted), 0) AS sessions_inserted,
            coalesce(sum(q.sessions_updated), 0) AS sessions_updated,
            coalesce(sum(q.sessions_unchanged), 0) AS sessions_unchanged,
            coalesce(sum(q.participants_inserted), 0) AS participants_inserted,
            coalesce(sum(q.participants_updated), 0) AS participants_updated,
            coalesce(sum(q.participants_unchanged), 0) AS participants_unchanged,
            -- One that was read may have been matched again besides.
            count(DISTINCT i.instance_id) FILTER (WHERE i.sync_status = 'provisional') AS provisional
        FROM webinar_sync_queue q
        LEFT JOIN zoom_instance_reads i ON i.instance_id = q.instance_id
        WHERE q.run_id = p_run_id
    ) n
    WHERE r.id = p_run_id;
END
$$;
COMMENT ON FUNCTION total_run(bigint) IS 'Bring all counts of an active run''s row up to date with its queue, its errors and its gaps.';
