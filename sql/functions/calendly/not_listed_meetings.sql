-- A meeting that was moved is in another slice by now: only what still belongs where it was not listed is worth asking for.
CREATE FUNCTION not_listed_meetings(p_run_id bigint)
RETURNS TABLE (meeting_id bigint, uri text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT m.id, m.uri
    FROM calendly_listing_slices s
    CROSS JOIN LATERAL unnest(s.not_listed) AS n (meeting_id)
    JOIN meetings m ON m.id = n.meeting_id
    WHERE s.run_id = p_run_id AND m.missing_since IS NULL AND m.start_time >= s.slice_from AND m.start_time < s.slice_to
    ORDER BY m.id
$$;
COMMENT ON FUNCTION not_listed_meetings(bigint) IS 'Stored meetings that the complete listing of their slice lacked, to be asked for one by one.';
