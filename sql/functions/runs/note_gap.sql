-- A refusal that is stored can be asked about; one that is swallowed looks like "nobody came".
CREATE FUNCTION note_gap(
    p_run_id bigint,
    p_object_kind text,
    p_object_key text,
    p_http_status integer,
    p_code integer,
    p_reason text,
    p_is_expected boolean,
    p_recheck_after_hours double precision
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    INSERT INTO sync_gaps AS g (
        source, connection_id, object_kind, object_key, http_status, code, reason, is_expected, last_seen_run_id, recheck_at
    )
    SELECT r.source, r.connection_id, p_object_kind, p_object_key, p_http_status, p_code, p_reason, p_is_expected, r.id,
           now() + make_interval(secs => p_recheck_after_hours * 3600)
    FROM sync_runs r WHERE r.id = p_run_id
    ON CONFLICT (connection_id, object_kind, object_key, source) DO UPDATE
        SET http_status = excluded.http_status, code = excluded.code, reason = excluded.reason,
            -- Attendance is refused for good, and the owner has called that expected: asked by hand once more, it stays so.
            is_expected = excluded.is_expected OR (
                g.is_expected AND g.object_kind = 'participants' AND g.closed_at IS NULL AND g.code = excluded.code
                AND g.recheck_at IS NULL AND excluded.recheck_at IS NULL
            ),
            last_seen_at = now(), last_seen_run_id = excluded.last_seen_run_id,
            times_seen = g.times_seen + 1, recheck_at = excluded.recheck_at, closed_at = NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION note_gap(bigint, text, text, integer, integer, text, boolean, double precision) IS 'Record that the source would not serve something, why, and when to look again (null: never). False: the run has ended, nothing was written.';
