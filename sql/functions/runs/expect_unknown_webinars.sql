-- A number that a person once asked for, and that neither the source nor any read knows, is missing from nothing: most likely it
-- was mistyped. The run that was asked says so; the next ones need not, or a slip of the keyboard would be an alert for ever.
CREATE FUNCTION expect_unknown_webinars(p_run_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    UPDATE sync_gaps g SET is_expected = true
    FROM sync_runs r
    WHERE r.id = p_run_id AND g.source = r.source AND g.connection_id = r.connection_id
        AND g.object_kind = 'webinar' AND g.code = 3001 AND g.closed_at IS NULL AND NOT g.is_expected
        AND g.last_seen_run_id <> r.id
        AND NOT EXISTS (
            SELECT FROM zoom_webinars w
            WHERE w.connection_id = g.connection_id AND w.zoom_webinar_id::text = g.object_key
        );
    RETURN true;
END
$$;
COMMENT ON FUNCTION expect_unknown_webinars(bigint) IS 'Let the gaps of webinars that nobody knows count no more, but for those that this run asked for. False: the run has ended, nothing was written.';
