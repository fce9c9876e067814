-- Zoom's reports fill up after the end. A read that came short is not trusted until a second one says the same. One that was
-- kept back has no digest and says nothing; what was only matched again has none either. Where a failed run never came to read
-- who is a panelist, the next delta must look; so it must where panelists came since the batch was sessionized.
CREATE FUNCTION note_instance_reads(p_items bigint[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    UPDATE zoom_instance_reads r SET
        people_matched_at = now(), people = q.participants_inserted + q.participants_updated + q.participants_unchanged
    FROM webinar_sync_queue q
    WHERE q.id = ANY (p_items) AND q.variant = 'stored' AND r.instance_id = q.instance_id;

    INSERT INTO zoom_instance_reads AS t (
        instance_id, sync_status, provisional_since, attendance_source, rows_read, rows_distinct, total_records, digest,
        page_digests, losses, people, fetch_seconds, last_run_id
    )
    SELECT
        q.instance_id, s.sync_status, CASE s.sync_status WHEN 'provisional' THEN now() END,
        q.list_source, q.rows_fetched, q.rows_distinct, q.total_records, q.digest,
        CASE WHEN array_position(q.page_digests, NULL) IS NULL THEN q.page_digests END,
        q.losses, q.participants_inserted + q.participants_updated + q.participants_unchanged,
        extract(epoch FROM q.heartbeat_at - q.started_at), q.run_id
    FROM webinar_sync_queue q
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN q.rows_distinct < q.total_records
                OR i.duration_minutes = 0
                OR (q.rows_distinct > 0 AND q.longest_duration = 0)
                OR (q.rows_distinct = 0 AND i.participants_count > 0)
                OR EXISTS (
                    SELECT FROM webinar_sync_queue w
                    WHERE w.run_id = q.run_id AND w.priority < 2 AND w.status IN ('queued', 'leased') AND w.webinar_id = q.webinar_id
                )
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
        people = excluded.people,
        fetch_seconds = excluded.fetch_seconds,
        reads = t.reads + 1,
        agreeing_reads = CASE WHEN t.digest = excluded.digest THEN t.agreeing_reads + 1 ELSE 1 END,
        last_read_at = now(),
        people_matched_at = now(),
        last_run_id = excluded.last_run_id;

    UPDATE zoom_instance_reads r SET people_matched_at = q.updated_at
    FROM webinar_sync_queue q
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    LEFT JOIN zoom_people_changes c ON c.webinar_id = q.webinar_id
    WHERE q.id = ANY (p_items) AND r.instance_id = q.instance_id AND r.people_matched_at = now()
        AND greatest(i.updated_at, c.changed_at) > q.updated_at
$$;
COMMENT ON FUNCTION note_instance_reads(bigint[]) IS 'Record what the read of each instance of a batch found, and whether it can be trusted yet.';
