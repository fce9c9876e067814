-- A wait that is not named looks like a hang.
CREATE FUNCTION set_run_waiting(p_run_id bigint, p_until timestamptz, p_reason text, p_parked boolean)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_was_waiting boolean;
    v_phase text;
    v_progress numeric;
BEGIN
    SELECT status = 'waiting' INTO v_was_waiting FROM sync_runs WHERE id = p_run_id FOR NO KEY UPDATE;
    UPDATE sync_runs
    SET status = CASE WHEN p_parked THEN 'waiting' ELSE 'running' END,
        waiting_until = p_until, waiting_reason = p_reason, heartbeat_at = clock_timestamp(),
        estimated_end_at = greatest(estimated_end_at, p_until)
    WHERE id = p_run_id AND status IN ('running', 'waiting')
    RETURNING current_phase, progress_percentage INTO v_phase, v_progress;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_parked AND NOT v_was_waiting THEN
        INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)
        VALUES (p_run_id, v_phase, v_progress, p_reason);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION set_run_waiting(bigint, timestamptz, text, boolean) IS 'Say what a run waits for and until when; parked: its workers are gone until then. False: the run has ended.';
