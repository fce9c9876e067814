-- A gap that a later read filled stays on record as closed.
CREATE FUNCTION close_gap(p_run_id bigint, p_object_kind text, p_object_key text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    UPDATE sync_gaps g SET closed_at = now(), recheck_at = NULL
    FROM sync_runs r
    WHERE r.id = p_run_id AND g.connection_id = r.connection_id
        AND g.object_kind = p_object_kind AND g.object_key = p_object_key AND g.closed_at IS NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION close_gap(bigint, text, text) IS 'Mark a gap as filled. False: the run has ended, nothing was written.';
