-- Only rows that are new or different are written: a second run over the same data must leave every table still.
CREATE FUNCTION upsert_sessionized(p_run_id bigint, p_max_rows integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET work_mem = '24MB'
AS $$
DECLARE
    v_items bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(run_end_key(p_run_id));
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    v_items := take_batch(p_run_id, 'sessionized', p_max_rows);
    IF v_items IS NULL THEN
        RETURN 0;
    END IF;

    PERFORM upsert_participants(v_items);
    PERFORM upsert_sessions(v_items);
    PERFORM drop_merged_participants(v_items);
    PERFORM note_instance_reads(v_items);
    PERFORM note_people_matched(v_items);

    UPDATE zoom_webinar_instances i
    SET attendance_source = q.list_source, updated_at = now()
    FROM webinar_sync_queue q
    WHERE q.id = ANY (v_items) AND i.id = q.instance_id AND q.rows_kept_back = 0
        AND q.rows_fetched > 0 AND i.attendance_source IS DISTINCT FROM q.list_source;

    PERFORM close_gap(p_run_id, 'participants', i.uuid)
    FROM webinar_sync_queue q
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    WHERE q.id = ANY (v_items) AND q.variant <> 'stored';

    UPDATE webinar_sync_queue q SET status = 'done', updated_at = clock_timestamp() WHERE q.id = ANY (v_items);
    PERFORM refresh_batch_statistics(p_run_id, v_items);
    RETURN cardinality(v_items);
END
$$;
COMMENT ON FUNCTION upsert_sessionized(bigint, integer) IS 'Upsert a batch of sessionized instances of a run, up to p_max_rows rows (one instance at least): people, sessions, what the read found, the numbers that follow. Returns how many instances; 0 when none is left or the run has ended.';
