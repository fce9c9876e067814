-- Items that failed just before the source turned out to be down were not at fault.
CREATE FUNCTION requeue_items(p_run_id bigint, p_item_ids bigint[])
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
    SET status = 'queued', updated_at = clock_timestamp()
    WHERE run_id = p_run_id AND id = ANY (p_item_ids) AND status = 'gap';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION requeue_items(bigint, bigint[]) IS 'Take items of a run that ended as gaps up again. Returns how many; 0 when the run has ended.';
