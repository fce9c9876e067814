-- The same error a thousand times is one row with a count: a log that can be read is one that is read.
CREATE FUNCTION log_sync_error(
    p_run_id bigint, p_kind text, p_code text, p_subject text, p_message text, p_context jsonb
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    INSERT INTO sync_error_logs AS e (run_id, kind, code, subject, message, context)
    VALUES (p_run_id, p_kind, p_code, p_subject, p_message, p_context)
    ON CONFLICT (run_id, kind, code, subject) DO UPDATE
        SET occurrences = e.occurrences + 1, last_seen_at = clock_timestamp(),
            message = excluded.message, context = excluded.context;
    RETURN true;
END
$$;
COMMENT ON FUNCTION log_sync_error(bigint, text, text, text, text, jsonb) IS 'Record an error of a run, counted by kind, code and subject. False: the run has ended, nothing was written.';
