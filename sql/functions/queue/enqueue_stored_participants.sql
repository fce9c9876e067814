-- Roles and e-mails of participants come from the webinar's host, panelists and registrants. Where these changed after an
-- instance was matched with them, it is matched again, from what is stored: its list need not be read for that, and is often no
-- longer served. Instances that the run has yet to read or to work through are left to that: one in two items would be written
-- by both.
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
        SELECT
            i.id, i.webinar_id, i.attendance_source, r.rows_distinct, r.people_matched_at,
            greatest(i.updated_at, c.roles_changed_at) > r.people_matched_at AS concerns_all
        FROM sync_runs run
        JOIN zoom_webinar_instances i ON i.connection_id = run.connection_id
        JOIN zoom_instance_reads r ON r.instance_id = i.id
        LEFT JOIN zoom_people_changes c ON c.webinar_id = i.webinar_id
        WHERE run.id = p_run_id AND i.attendance_source IS NOT NULL
            AND greatest(i.updated_at, c.changed_at) > r.people_matched_at
            AND NOT EXISTS (
                SELECT FROM webinar_sync_queue q
                WHERE q.run_id = p_run_id AND q.instance_id = i.id AND q.status NOT IN ('done', 'gap')
            )
    ),
    concerned AS MATERIALIZED (
        SELECT o.id FROM older o WHERE o.concerns_all
        UNION
        -- A registrant concerns the instances that he came to.
        SELECT p.instance_id
        FROM older o
        JOIN zoom_participants p ON p.instance_id = o.id
        JOIN zoom_registrants g ON g.webinar_id = o.webinar_id AND g.registrant_id = p.registrant_id
        WHERE NOT o.concerns_all AND g.updated_at > o.people_matched_at
    ),
    -- Nobody who changed came there: not asked again until somebody changes anew. While lists of people are read, they may.
    unconcerned AS (
        UPDATE zoom_instance_reads r SET people_matched_at = now()
        FROM older o
        WHERE r.instance_id = o.id
            AND NOT EXISTS (SELECT FROM concerned c WHERE c.id = o.id)
            AND NOT EXISTS (
                SELECT FROM webinar_sync_queue q
                WHERE q.run_id = p_run_id AND q.priority < 2 AND q.status IN ('queued', 'leased') AND q.webinar_id = o.webinar_id
            )
    )
    INSERT INTO webinar_sync_queue (run_id, kind, variant, priority, webinar_id, instance_id, status, list_source, rows_distinct)
    SELECT p_run_id, 'participants', 'stored', 2, o.webinar_id, o.id, 'fetched', o.attendance_source, o.rows_distinct
    FROM older o
    WHERE o.id IN (SELECT c.id FROM concerned c)
    ORDER BY o.id
    ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO UPDATE
        SET status = excluded.status, list_source = excluded.list_source, rows_distinct = excluded.rows_distinct, updated_at = now()
        WHERE webinar_sync_queue.status = 'done';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION enqueue_stored_participants(bigint) IS 'Queue instances of the run''s connection, as fetched without rows, whose host, panelists or registrants were written since their attendance was matched with them. Returns how many; 0 when the run has ended.';
