-- Items that failed just before the source turned out to be down were not at fault.
CREATE FUNCTION requeue_items(p_run_id bigint, p_item_ids bigint[])
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH requeued AS (
        UPDATE webinar_sync_queue
        SET status = 'queued', updated_at = clock_timestamp()
        WHERE run_id = p_run_id AND id = ANY (p_item_ids) AND status = 'gap'
        RETURNING 1
    )
    SELECT count(*)::integer FROM requeued
$$;
COMMENT ON FUNCTION requeue_items(bigint, bigint[]) IS 'Take items of a run that ended as gaps up again. Returns how many.';
