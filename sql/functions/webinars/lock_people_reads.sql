-- In order, or two who write people of one webinar could wait for each other in a circle.
CREATE FUNCTION lock_people_reads(p_webinar_ids bigint[], p_kind text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM
    FROM zoom_people_reads r
    WHERE r.webinar_id = ANY (p_webinar_ids) AND r.kind = p_kind
    ORDER BY r.webinar_id, r.variant
    FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION lock_people_reads(bigint[], text) IS 'Lock what is known of the lists of registrants or panelists of these webinars until the transaction ends.';
