-- One list may stand for many: where the account's history was read whole, no host's part of it is missing, and no run asks for
-- those again.
CREATE FUNCTION close_gaps_of_kind(p_run_id bigint, p_object_kind text)
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
    WHERE r.id = p_run_id AND g.source = r.source AND g.connection_id = r.connection_id
        AND g.object_kind = p_object_kind AND g.closed_at IS NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION close_gaps_of_kind(bigint, text) IS 'Mark all gaps of a kind as filled. False: the run has ended, nothing was written.';
