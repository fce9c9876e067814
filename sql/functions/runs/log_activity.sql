-- Only sentences for people go here; what a program needs has columns.
CREATE FUNCTION log_activity(p_run_id bigint, p_message text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)
    SELECT r.id, r.current_phase, r.progress_percentage, p_message
    FROM sync_runs r WHERE r.id = p_run_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION log_activity(bigint, text) IS 'Add a sentence to a run''s activity log. False: the run has ended, nothing was written.';
