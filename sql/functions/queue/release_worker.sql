-- A worker that starts again is proof that its former self is dead: its items need not wait for their leases to run out.
CREATE FUNCTION release_worker(p_run_id bigint, p_worker text)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    UPDATE webinar_sync_queue
    SET status = 'queued', worker = NULL, fencing_token = NULL, lease_expires_at = NULL, updated_at = clock_timestamp()
    WHERE run_id = p_run_id AND status = 'leased' AND worker = p_worker;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION release_worker(bigint, text) IS 'Give back what a former life of this worker held. Returns how many items; 0 when the run has ended.';
