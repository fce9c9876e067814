-- What the source would not serve must end as a gap on record, not as nobody there.
CREATE FUNCTION try_refusal(p_instance_id bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run record;
    v_told text;
BEGIN
    SELECT * INTO v_run FROM open_self_test_run(p_instance_id);
    PERFORM note_gap(v_run.run_id, 'participants', i.uuid, 404, 3001, 'Self-test', false, 12)
    FROM zoom_webinar_instances i
    WHERE i.id = p_instance_id;
    PERFORM settle_queue_item(v_run.item_id, v_run.fencing_token, 'gap');
    PERFORM finish_sync_run(v_run.run_id, NULL, NULL, NULL);
    SELECT format('%s, %s gap(s)', r.status, count(g.id)) INTO v_told
    FROM sync_runs r
    LEFT JOIN sync_gaps g ON g.source = r.source AND g.connection_id = r.connection_id AND g.closed_at IS NULL
    WHERE r.id = v_run.run_id
    GROUP BY r.id;
    RETURN v_told;
END
$$;
COMMENT ON FUNCTION try_refusal(bigint) IS 'Self-test: the source refuses an instance. Returns how the run ended.';
