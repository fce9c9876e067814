-- A slice is booked only when its last page is in: what it lacks is then a question, and after a crash it need not be listed again.
CREATE FUNCTION book_listing_slice(p_run_id bigint, p_from timestamptz, p_to timestamptz, p_uris text[])
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO calendly_listing_slices (run_id, slice_from, slice_to, listed, not_listed)
    SELECT
        r.id, p_from, p_to,
        ARRAY(SELECT m.id FROM meetings m WHERE m.uri = ANY (p_uris) ORDER BY m.id),
        ARRAY(
            SELECT m.id FROM meetings m
            WHERE m.user_id = r.connection_id AND m.start_time >= p_from AND m.start_time < p_to
                AND m.missing_since IS NULL AND m.uri NOT IN (SELECT unnest(p_uris))  -- by hash: an array would be searched for each
            ORDER BY m.id
        )
    FROM sync_runs r
    WHERE r.id = p_run_id AND r.source = 'calendly' AND hold_run(r.id, NULL)
    ON CONFLICT (run_id, slice_from) DO UPDATE
        SET slice_to = excluded.slice_to, listed = excluded.listed, not_listed = excluded.not_listed, listed_at = clock_timestamp()
    RETURNING cardinality(not_listed)
$$;
COMMENT ON FUNCTION book_listing_slice(bigint, timestamptz, timestamptz, text[]) IS 'Book a slice of a run''s window as listed to its last page, with the events that it held, which are stored already. Returns how many stored meetings of the slice it lacked; null: the run has ended.';
