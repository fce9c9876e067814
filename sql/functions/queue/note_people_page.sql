-- Called in the transaction that stored the page, after its rows. Where a person was updated or deleted since before they were
-- stored, by this page or by anybody, the page may no longer be what is stored, and is not noted: it is stored once more by the
-- next read. What others have not committed yet empties the note when they do.
CREATE FUNCTION note_people_page(p_item_id bigint, p_page_no integer, p_page_digest bytea, p_rewrites bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_rewrites bigint;
BEGIN
    UPDATE zoom_people_reads r SET page_digests[p_page_no] = CASE WHEN r.rewrites = p_rewrites THEN p_page_digest END
    FROM webinar_sync_queue q
    WHERE q.id = p_item_id AND r.webinar_id = q.webinar_id AND r.kind = q.kind AND r.variant = q.variant
    RETURNING r.rewrites INTO v_rewrites;
    RETURN v_rewrites;
END
$$;
COMMENT ON FUNCTION note_people_page(bigint, integer, bytea, bigint) IS 'Note a page of registrants or panelists as stored to the last value, provided that zoom_people_reads.rewrites is still p_rewrites, as it was before the page was stored. Returns what it is now: to be given for the next page.';
