-- When a late row shows that two people are one, the sessions move to the older row and the other stands empty. It is our
-- own conclusion that goes, not anything that the source said.
CREATE FUNCTION drop_merged_participants(p_items bigint[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    DELETE FROM zoom_participants t
    USING webinar_sync_queue q
    WHERE q.id = ANY (p_items) AND q.has_merged_people AND t.instance_id = q.instance_id
        AND NOT EXISTS (
            SELECT FROM zoom_person_staging p WHERE p.item_id = q.id AND p.participant_uuid = t.participant_uuid
        )
        AND NOT EXISTS (
            SELECT FROM zoom_participant_sessions s WHERE s.participant_id = t.id
        )
$$;
COMMENT ON FUNCTION drop_merged_participants(bigint[]) IS 'Remove people of a batch of queue items whose sessions all moved to another person.';
