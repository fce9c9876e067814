-- Two ways to lose a lease: another worker took the list over, or the run was ended. Both must shut the door.
CREATE FUNCTION try_late_writer(p_instance_id bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run record;
    v_token bigint;
    v_told text;
BEGIN
    SELECT * INTO v_run FROM open_self_test_run(p_instance_id);
    UPDATE webinar_sync_queue SET lease_expires_at = clock_timestamp() - interval '1 second' WHERE id = v_run.item_id;
    SELECT l.fencing_token INTO v_token FROM lease_queue_item(v_run.run_id, 'self-test 2', 60) l;
    v_told := format(
        'lost lease: %s, held lease: %s',
        advance_queue_item(v_run.item_id, v_run.fencing_token, '', NULL, false, 0, 0, 0, 'report', 60),
        advance_queue_item(v_run.item_id, v_token, '', NULL, false, 0, 0, 0, 'report', 60)
    );
    PERFORM close_sync_run(v_run.run_id, 'failed', 'internal_error', 'Self-test');
    RETURN format(
        '%s, run ended: %s, %s', v_told,
        advance_queue_item(v_run.item_id, v_token, '', NULL, false, 0, 0, 0, 'report', 60), log_activity(v_run.run_id, 'Self-test')
    );
END
$$;
COMMENT ON FUNCTION try_late_writer(bigint) IS 'Self-test: who may write with a lease that went on, with one that is held, and after the run has ended (a page, then a sentence).';
