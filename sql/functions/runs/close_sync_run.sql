-- However a run ends, its leases end with it: whoever wakes up later finds no lease and can't write.
CREATE FUNCTION close_sync_run(p_run_id bigint, p_status text, p_error_kind text, p_error_message text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(run_end_key(p_run_id));
    -- Whoever is writing for the run ends first; from then on hold_run refuses.
    PERFORM FROM sync_runs WHERE id = p_run_id AND status IN ('running', 'waiting') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Whoever completes a run has counted already, to know that it is complete.
    IF p_status NOT IN ('completed', 'completed_with_gaps') THEN
        PERFORM total_run(p_run_id);
    END IF;
    UPDATE sync_runs
    SET status = p_status, finished_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
        error_kind = p_error_kind, error_message = p_error_message, estimated_end_at = NULL,
        waiting_until = NULL, waiting_reason = NULL,
        progress_percentage = CASE WHEN p_status IN ('completed', 'completed_with_gaps') THEN 100 ELSE progress_percentage END,
        message = coalesce(p_error_message, CASE p_status WHEN 'completed' THEN 'Completed' WHEN 'completed_with_gaps' THEN 'Completed with gaps' ELSE p_status END)
    WHERE id = p_run_id;
    INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)
    SELECT r.id, r.current_phase, r.progress_percentage, r.message FROM sync_runs r WHERE r.id = p_run_id;
    -- Lists that are whole but not yet upserted stay staged, so that the same run taken up again need not fetch them.
    IF p_status IN ('completed', 'completed_with_gaps') THEN
        PERFORM drop_staged_rows(p_run_id);
    END IF;
    -- A webinar whose people were not read to the end counts as not read: else deltas would pass it by for a day.
    UPDATE zoom_webinar_reads r SET read_at = '-infinity'
    FROM webinar_sync_queue q
    WHERE q.run_id = p_run_id AND q.status IN ('queued', 'leased') AND q.kind IN ('registrants', 'panelists')
        AND r.webinar_id = q.webinar_id;
    UPDATE webinar_sync_queue
    SET status = 'abandoned', worker = NULL, fencing_token = NULL, lease_expires_at = NULL, updated_at = now()
    WHERE run_id = p_run_id AND status IN ('queued', 'leased');
    RETURN true;
END
$$;
COMMENT ON FUNCTION close_sync_run(bigint, text, text, text) IS 'End a run with a status, once: the first to close it wins, later calls return false. Its leases are void from then on.';
