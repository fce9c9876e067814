-- The last word of a run is an honest one: completed means that every slice was listed and every list of invitees was read. What
-- the next sync begins with changes in the same transaction as the status, so that neither can be true without the other.
CREATE FUNCTION finish_calendly_run(p_run_id bigint, p_times_opened integer, p_error_kind text, p_error_message text)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run sync_runs;
    v_left bigint;
    v_gaps integer;
    v_status text := 'completed';
    v_message text := p_error_message;
BEGIN
    PERFORM pg_advisory_xact_lock(run_end_key(p_run_id));
    SELECT * INTO v_run FROM sync_runs WHERE id = p_run_id FOR UPDATE;
    IF v_run.finished_at IS NOT NULL THEN
        RETURN v_run.status;
    END IF;
    IF v_run.times_opened <> p_times_opened THEN
        RETURN NULL;
    END IF;
    PERFORM refresh_run_progress(p_run_id);
    SELECT count(*) INTO v_left FROM webinar_sync_queue q WHERE q.run_id = p_run_id AND q.status NOT IN ('done', 'gap');
    SELECT count(*) INTO v_gaps
    FROM sync_gaps g
    WHERE g.source = 'calendly' AND g.connection_id = v_run.connection_id AND g.closed_at IS NULL AND NOT g.is_expected
        AND g.last_seen_run_id = p_run_id;
    UPDATE sync_runs r
    SET gaps = v_gaps, errors = (SELECT count(*) FROM sync_error_logs e WHERE e.run_id = p_run_id)
    WHERE r.id = p_run_id
    RETURNING * INTO v_run;

    PERFORM log_activity(
        p_run_id,
        format(
            '%s meetings new, %s updated, %s unchanged, %s canceled, %s missing',
            v_run.meetings_new, v_run.meetings_updated, v_run.meetings_unchanged, v_run.meetings_canceled, v_run.meetings_missing
        )
    );
    IF v_left > 0 OR v_message IS NOT NULL THEN
        v_status := 'failed';
        v_message := rtrim(coalesce(v_message, format('%s lists of invitees were not read', v_left)), '.')
            || '. What was read is stored; start the sync again to do the rest.';
    ELSIF v_gaps > 0 THEN
        v_status := 'completed_with_gaps';
    END IF;
    IF v_status <> 'failed' AND v_run.mode IN ('full', 'incremental') THEN
        UPDATE users u
        SET last_calendly_sync = greatest(u.last_calendly_sync, v_run.started_at),
            calendly_initial_sync_complete = u.calendly_initial_sync_complete OR v_run.mode = 'full'
        WHERE u.id = v_run.connection_id;
    END IF;
    PERFORM close_sync_run(
        p_run_id, v_status, CASE WHEN v_status = 'failed' THEN coalesce(p_error_kind, 'internal_error') END, v_message
    );
    DELETE FROM calendly_listing_slices s WHERE s.run_id = p_run_id AND v_status <> 'failed';
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION finish_calendly_run(bigint, integer, text, text) IS 'Close a Calendly run with the status that it earned and say what it found; a complete one becomes the user''s last sync. p_error_message: what a task before failed with. p_times_opened: as the caller knows the run. Returns the status; null: the run was taken up again by somebody else since.';
