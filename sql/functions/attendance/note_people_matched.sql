-- Sessions are matched with the people as they were when the batch was sessionized: where the host, panelists or registrants
-- were written since, the match is as old as that, and is made again.
CREATE FUNCTION note_people_matched(p_items bigint[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    UPDATE zoom_instance_reads r SET
        people = q.participants_inserted + q.participants_updated + q.participants_unchanged,
        people_matched_at = CASE WHEN greatest(i.updated_at, c.changed_at) > q.updated_at THEN q.updated_at ELSE now() END
    FROM webinar_sync_queue q
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    LEFT JOIN zoom_people_changes c ON c.webinar_id = q.webinar_id
    -- A list that was kept back has no digest: nobody was matched.
    WHERE q.id = ANY (p_items) AND r.instance_id = q.instance_id AND (q.digest IS NOT NULL OR q.variant = 'stored')
$$;
COMMENT ON FUNCTION note_people_matched(bigint[]) IS 'Record how many people each instance of a batch has, and as of when its sessions are matched with the webinar''s host, panelists and registrants.';
