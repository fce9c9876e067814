-- Everything that a self-test touches is its own, under a name that no other has, so that it waits for nobody.
CREATE FUNCTION make_self_test_instance()
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_name text := 'self-test-' || gen_random_uuid();
    v_connection_id bigint;
    v_instance_id bigint;
BEGIN
    INSERT INTO zoom_connections (name, account_id, kind, plan, client_id, client_secret_encrypted)
    VALUES (v_name, v_name, 'server_to_server', 'unlimited', 'none', 'none')
    RETURNING id INTO v_connection_id;
    PERFORM upsert_webinars(v_connection_id, jsonb_build_array(jsonb_build_object(
        'zoom_webinar_id', 1, 'topic', 'Self-test', 'type', 5, 'host_id', 'host', 'start_time', '2026-01-01T10:00:00Z',
        'duration', 60, 'timezone', 'UTC', 'approval_type', 0
    )), true);
    PERFORM upsert_instances(v_connection_id, jsonb_build_array(jsonb_build_object(
        'zoom_webinar_id', 1, 'uuid', v_name, 'start_time', '2026-01-01T10:00:00Z', 'end_time', '2026-01-01T11:00:00Z',
        'duration_minutes', 60, 'participants_count', 2, 'total_minutes', 20
    )), true);
    SELECT i.id INTO v_instance_id FROM zoom_webinar_instances i WHERE i.connection_id = v_connection_id;
    RETURN v_instance_id;
END
$$;
COMMENT ON FUNCTION make_self_test_instance() IS 'A connection, a webinar and an instance of an hour for a case of the self-test, with 2 participants and 20 minutes as the source''s totals. Returns the instance.';
