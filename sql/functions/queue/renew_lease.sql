-- A worker that waits for a limit is alive, and says so.
CREATE FUNCTION renew_lease(p_item_id bigint, p_fencing_token bigint, p_lease_seconds double precision)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run_id bigint;
BEGIN
    IF NOT coalesce(hold_item(p_item_id), false) THEN
        RETURN false;
    END IF;
    UPDATE webinar_sync_queue q
    SET lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds), heartbeat_at = clock_timestamp()
    WHERE q.id = p_item_id AND q.fencing_token = p_fencing_token AND q.status = 'leased'
    RETURNING q.run_id INTO v_run_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE sync_runs SET heartbeat_at = clock_timestamp() WHERE id = v_run_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION renew_lease(bigint, bigint, double precision) IS 'Heartbeat of a worker: keep the lease of an item. False: the lease is gone.';
