-- Who changed after an instance was matched with the people of its webinar is matched again, from what is stored: its list need
-- not be read for that, and is often no longer served.
CREATE FUNCTION enqueue_stored_participants(p_run_id bigint)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    -- In a run that is taken up again an item may serve twice.
    DELETE FROM zoom_session_staging s USING webinar_sync_queue q
    WHERE q.run_id = p_run_id AND q.variant = 'stored' AND q.status = 'done' AND s.item_id = q.id;
    DELETE FROM zoom_person_staging s USING webinar_sync_queue q
    WHERE q.run_id = p_run_id AND q.variant = 'stored' AND q.status = 'done' AND s.item_id = q.id;
    WITH older AS MATERIALIZED (
        SELECT f.instance_id, f.is_concerned FROM find_older_matches(p_run_id) f
    ),
    -- Nobody who changed came there: not asked again until somebody changes anew. While lists of people are read, they may.
    unconcerned AS (
        UPDATE zoom_instance_reads r SET people_matched_at = now()
        FROM older o
        JOIN zoom_webinar_instances i ON i.id = o.instance_id
        WHERE r.instance_id = o.instance_id AND NOT o.is_concerned AND NOT people_are_awaited(p_run_id, i.webinar_id)
    )
    INSERT INTO webinar_sync_queue (run_id, kind, variant, priority, webinar_id, instance_id, status, list_source, rows_distinct)
    SELECT p_run_id, 'participants', 'stored', 2, i.webinar_id, i.id, 'fetched', i.attendance_source, r.rows_distinct
    FROM older o
    JOIN zoom_webinar_instances i ON i.id = o.instance_id
    JOIN zoom_instance_reads r ON r.instance_id = i.id
    WHERE o.is_concerned
    ORDER BY i.id
    ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO UPDATE
        SET status = excluded.status, list_source = excluded.list_source, rows_distinct = excluded.rows_distinct, updated_at = now()
        WHERE webinar_sync_queue.status = 'done';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION enqueue_stored_participants(bigint) IS 'Queue instances of the run''s connection, as fetched without rows, whose host, panelists or registrants were written since their attendance was matched with them. Returns how many; 0 when the run has ended.';
