-- A case begins as a run does: opened, with one list queued and leased.
CREATE FUNCTION open_self_test_run(p_instance_id bigint, OUT run_id bigint, OUT item_id bigint, OUT fencing_token bigint, OUT list_no integer)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT open_sync_run('zoom', i.connection_id, 'full', NULL, NULL, NULL, 1, NULL, NULL) INTO run_id
    FROM zoom_webinar_instances i
    WHERE i.id = p_instance_id;
    PERFORM enqueue_participants(run_id, ARRAY[p_instance_id]);
    SELECT l.item_id, l.fencing_token, l.list_no INTO item_id, fencing_token, list_no
    FROM lease_queue_item(run_id, 'self-test', 60) l;
END
$$;
COMMENT ON FUNCTION open_self_test_run(bigint) IS 'Open a run of the self-test''s connection, queue the attendance of its instance and lease it.';
