-- Rows staged so far keep their old list number and are ignored from here on: nothing is read twice into one list.
CREATE FUNCTION restart_queue_item(p_item_id bigint, p_fencing_token bigint, p_list_source text)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_list_no integer;
BEGIN
    IF NOT coalesce(hold_item(p_item_id), false) THEN
        RETURN NULL;
    END IF;
    UPDATE webinar_sync_queue q
    SET list_no = q.list_no + 1, next_page_token = '', page_digests = '{}', held_pages = 0, rows_fetched = 0, rows_rejected = 0, total_records = NULL,
        list_source = p_list_source, updated_at = clock_timestamp()
    WHERE q.id = p_item_id AND q.fencing_token = p_fencing_token AND q.status = 'leased'
    RETURNING q.list_no INTO v_list_no;
    DELETE FROM zoom_participant_staging s WHERE s.item_id = p_item_id AND s.list_no < v_list_no;
    RETURN v_list_no;
END
$$;
COMMENT ON FUNCTION restart_queue_item(bigint, bigint, text) IS 'Start an item''s list again from its first page, maybe from another endpoint. Returns the new list number, null when the lease is gone.';
