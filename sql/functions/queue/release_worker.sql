-- A worker that starts again is proof that its former self is dead: its items need not wait for their leases to run out.
CREATE FUNCTION release_worker(p_run_id bigint, p_worker text)
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH released AS (
        UPDATE webinar_sync_queue
        SET status = 'queued', worker = NULL, fencing_token = NULL, lease_expires_at = NULL, updated_at = clock_timestamp()
        WHERE run_id = p_run_id AND status = 'leased' AND worker = p_worker
        RETURNING 1
    )
    SELECT count(*)::integer FROM released
$$;
COMMENT ON FUNCTION release_worker(bigint, text) IS 'Give back what a former life of this worker held. Returns how many items.';
