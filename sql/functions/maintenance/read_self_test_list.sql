-- The way of every list: pages are staged under a lease, sessionized, upserted, compared, and the run is finished.
CREATE FUNCTION read_self_test_list(p_instance_id bigint, p_pages jsonb, p_total_records integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run record;
    v_page jsonb;
    v_rows integer := 0;
    v_start CONSTANT timestamptz := timestamptz '2026-01-01T10:00:00Z';
BEGIN
    SELECT * INTO v_run FROM open_self_test_run(p_instance_id);
    FOR v_page IN SELECT p.value FROM jsonb_array_elements(p_pages) AS p (value) LOOP
        INSERT INTO zoom_participant_staging (
            item_id, list_no, row_no, user_id, name, email, registrant_id, join_time, leave_time, duration, status
        )
        SELECT
            v_run.item_id, v_run.list_no, v_rows + r.place - 1,
            r.given ->> 'user_id', r.given ->> 'name', r.given ->> 'email', r.given ->> 'registrant_id',
            v_start + make_interval(mins => (r.given ->> 'join')::integer),
            v_start + make_interval(mins => (r.given ->> 'leave')::integer),
            coalesce((r.given ->> 'duration')::integer, 60 * ((r.given ->> 'leave')::integer - (r.given ->> 'join')::integer)),
            coalesce(r.given ->> 'status', 'in_meeting')
        FROM jsonb_array_elements(v_page) WITH ORDINALITY AS r (given, place);
        PERFORM advance_queue_item(
            v_run.item_id, v_run.fencing_token, '', NULL, false, jsonb_array_length(v_page), 0, p_total_records, 'report', 60
        );
        v_rows := v_rows + jsonb_array_length(v_page);
    END LOOP;
    PERFORM settle_queue_item(v_run.item_id, v_run.fencing_token, 'fetched');
    PERFORM sessionize_fetched(v_run.run_id, 1000);
    PERFORM upsert_sessionized(v_run.run_id, 1000);
    PERFORM reconcile_instances(v_run.run_id);
    PERFORM finish_sync_run(v_run.run_id, NULL, NULL, NULL);
    RETURN v_run.run_id;
END
$$;
COMMENT ON FUNCTION read_self_test_list(bigint, jsonb, integer) IS 'A whole run over the instance of a self-test. p_pages: an array of pages, each an array of rows with user_id, name, email, registrant_id, join and leave (minutes), duration (seconds), status. Returns the run.';
