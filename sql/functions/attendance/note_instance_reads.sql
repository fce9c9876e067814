-- Zoom's reports fill up after the end. A read that came short is not trusted until a second one says the same. One that was
-- kept back has no digest and says nothing; what was only matched again has none either. Where a failed run never came to read
-- who is a panelist, the next delta must look.
CREATE FUNCTION note_instance_reads(p_items bigint[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO zoom_instance_reads AS t (
        instance_id, sync_status, provisional_since, attendance_source, rows_read, rows_distinct, total_records, digest,
        page_digests, losses, fetch_seconds, last_run_id
    )
    SELECT
        q.instance_id, s.sync_status, CASE s.sync_status WHEN 'provisional' THEN now() END,
        q.list_source, q.rows_fetched, q.rows_distinct, q.total_records, q.digest,
        CASE WHEN array_position(q.page_digests, NULL) IS NULL THEN q.page_digests END,
        q.losses, extract(epoch FROM q.heartbeat_at - q.started_at), q.run_id
    FROM webinar_sync_queue q
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN q.rows_distinct < q.total_records
                OR i.duration_minutes = 0
                OR (q.rows_distinct > 0 AND q.longest_duration = 0)
                OR (q.rows_distinct = 0 AND i.participants_count > 0)
                OR people_are_awaited(q.run_id, q.webinar_id)
                THEN 'provisional'
            ELSE 'complete'
        END AS sync_status
    ) s
    WHERE q.id = ANY (p_items) AND q.digest IS NOT NULL
    ON CONFLICT (instance_id) DO UPDATE SET
        sync_status = CASE WHEN t.digest = excluded.digest THEN 'complete' ELSE excluded.sync_status END,
        provisional_since = CASE
            WHEN t.digest = excluded.digest OR excluded.sync_status = 'complete' THEN NULL
            ELSE coalesce(t.provisional_since, excluded.provisional_since)
        END,
        attendance_source = excluded.attendance_source,
        rows_read = excluded.rows_read,
        rows_distinct = excluded.rows_distinct,
        total_records = excluded.total_records,
        digest = excluded.digest,
        page_digests = CASE WHEN t.losses = excluded.losses THEN excluded.page_digests END,
        fetch_seconds = excluded.fetch_seconds,
        reads = t.reads + 1,
        agreeing_reads = CASE WHEN t.digest = excluded.digest THEN t.agreeing_reads + 1 ELSE 1 END,
        last_read_at = now(),
        last_run_id = excluded.last_run_id
$$;
COMMENT ON FUNCTION note_instance_reads(bigint[]) IS 'Record what the read of each instance of a batch found, and whether it can be trusted yet.';
