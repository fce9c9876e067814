-- The longest lists first, so that no worker is left with a big one at the end.
CREATE FUNCTION enqueue_participants(p_run_id bigint, p_instance_ids bigint[])
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
    INSERT INTO webinar_sync_queue (run_id, kind, priority, webinar_id, instance_id)
    SELECT p_run_id, 'participants', 2, i.webinar_id, i.id
    FROM zoom_webinar_instances i
    WHERE i.id = ANY (p_instance_ids)
    ORDER BY i.participants_count DESC NULLS LAST, i.id
    ON CONFLICT (run_id, kind, variant, webinar_id, instance_id) DO NOTHING;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION enqueue_participants(bigint, bigint[]) IS 'Queue the attendance of instances, once each per run. Returns how many were new; 0 when the run has ended.';
