-- Staged rows have served once their instance is upserted. A list that loses its rows must start again from its first
-- page should its run ever be taken up again.
-- Where nobody else has rows in staging, the tables are emptied at once: that costs the same for any number of rows, and
-- leaves nothing to vacuum.
CREATE FUNCTION drop_staged_rows(p_run_id bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE webinar_sync_queue
    SET status = 'abandoned', list_no = list_no + 1, list_source = NULL, next_page_token = '', pages = 0, page_digests = '{}', held_pages = 0,
        rows_fetched = 0, total_records = NULL, rows_rejected = 0, rows_duplicate = 0, rows_kept_back = 0,
        rows_distinct = NULL, digest = NULL, longest_duration = NULL, has_merged_people = false, updated_at = now()
    WHERE run_id = p_run_id AND status IN ('fetched', 'sessionized', 'abandoned');

    IF NOT others_are_staging(p_run_id) THEN
        BEGIN
            LOCK TABLE zoom_participant_staging, zoom_session_staging, zoom_person_staging IN ACCESS EXCLUSIVE MODE NOWAIT;
            IF NOT others_are_staging(p_run_id) THEN
                TRUNCATE zoom_participant_staging, zoom_session_staging, zoom_person_staging;
                RETURN;
            END IF;
        EXCEPTION
            WHEN lock_not_available THEN
                NULL;  -- somebody reads or writes there: row by row, then
        END;
    END IF;
    DELETE FROM zoom_participant_staging s USING webinar_sync_queue q WHERE q.run_id = p_run_id AND s.item_id = q.id;
    DELETE FROM zoom_session_staging s USING webinar_sync_queue q WHERE q.run_id = p_run_id AND s.item_id = q.id;
    DELETE FROM zoom_person_staging s USING webinar_sync_queue q WHERE q.run_id = p_run_id AND s.item_id = q.id;
END
$$;
COMMENT ON FUNCTION drop_staged_rows(bigint) IS 'Drop the staging rows of an ended run.';
