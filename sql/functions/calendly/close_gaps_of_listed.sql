-- A meeting that a listing lacked and that Calendly then failed to tell about is asked for again only while listings lack it: one
-- that is listed again needs nobody's answer any more.
CREATE FUNCTION close_gaps_of_listed(p_run_id bigint)
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
        AND g.object_kind = 'meeting' AND g.closed_at IS NULL
        AND g.object_key IN (
            SELECT substring(m.uri FROM '[^/]+$')
            FROM calendly_listing_slices s
            CROSS JOIN LATERAL unnest(s.listed) AS n (meeting_id)
            JOIN meetings m ON m.id = n.meeting_id
            WHERE s.run_id = p_run_id
        );
    RETURN true;
END
$$;
COMMENT ON FUNCTION close_gaps_of_listed(bigint) IS 'Mark the gaps of meetings that the run''s listings hold as filled. False: the run has ended, nothing was written.';
