-- Ends a lease one way or another; only its holder can.
CREATE FUNCTION settle_queue_item(p_item_id bigint, p_fencing_token bigint, p_status text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT coalesce(hold_item(p_item_id), false) THEN
        RETURN false;
    END IF;
    UPDATE webinar_sync_queue q
    SET status = p_status, worker = NULL, fencing_token = NULL, lease_expires_at = NULL, updated_at = clock_timestamp()
    WHERE q.id = p_item_id AND q.fencing_token = p_fencing_token AND q.status = 'leased';
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION settle_queue_item(bigint, bigint, text) IS 'Give an item back (queued) or end it (fetched, done, gap, failed). False: the lease is gone.';
