-- Phases have fixed shares of the bar, so that it can only move forward.
CREATE FUNCTION set_run_phase(p_run_id bigint, p_phase text, p_message text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_progress numeric;
    v_is_news boolean;
BEGIN
    SELECT r.current_phase <> p_phase OR r.status = 'waiting' OR r.progress_percentage = 0 INTO v_is_news
    FROM sync_runs r WHERE r.id = p_run_id FOR NO KEY UPDATE;
    UPDATE sync_runs
    SET status = 'running', current_phase = p_phase, message = p_message, heartbeat_at = clock_timestamp(),
        waiting_until = NULL, waiting_reason = NULL,
        progress_percentage = greatest(
            progress_percentage,
            CASE p_phase WHEN 'discover' THEN 0 WHEN 'fetch' THEN 5 WHEN 'sessionize' THEN 80 WHEN 'upsert' THEN 88 ELSE 98 END
        )
    WHERE id = p_run_id AND status IN ('running', 'waiting')
    RETURNING progress_percentage INTO v_progress;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Every worker announces the phase that it works in; people need to hear it once.
    IF v_is_news THEN
        INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)
        VALUES (p_run_id, p_phase, v_progress, p_message);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION set_run_phase(bigint, text, text) IS 'Move a run to a phase and say so in its activity log. False: the run has ended, the caller must stop.';
