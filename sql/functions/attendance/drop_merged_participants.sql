-- When a late row shows that two people are one, the sessions move to the older row and the other stands empty. So does one
-- whose sessions somebody deleted, where the source no longer serves them or they came back to another row. It is our own
-- conclusion that goes, not anything that the source said.
CREATE FUNCTION drop_merged_participants(p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
-- Without statistics the planner would look for each person of an instance in all the others.
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[];
    v_unclaimed bigint[];
BEGIN
    SELECT array_agg(q.instance_id) INTO v_instances
    FROM webinar_sync_queue q
    WHERE q.id = ANY (p_items) AND (q.has_merged_people OR EXISTS (
        SELECT FROM zoom_instance_reads r WHERE r.instance_id = q.instance_id AND r.losses > 0 AND r.page_digests IS NULL
    ));
    IF v_instances IS NULL THEN
        RETURN;
    END IF;

    SELECT array_agg(t.id) INTO v_unclaimed
    FROM zoom_participants t
    WHERE t.instance_id = ANY (v_instances)
        AND NOT EXISTS (
            SELECT FROM zoom_person_staging p WHERE p.item_id = ANY (p_items) AND p.participant_uuid = t.participant_uuid
        );

    WITH dropped AS (
        DELETE FROM zoom_participants t
        WHERE t.id = ANY (v_unclaimed)
            AND NOT EXISTS (
                SELECT FROM zoom_participant_sessions s WHERE s.participant_id = t.id AND s.participant_id = ANY (v_unclaimed)
            )
        RETURNING t.instance_id
    )
    -- The numbers of the instance are made of fewer people now: what follows must know.
    UPDATE webinar_sync_queue q SET has_merged_people = true
    FROM dropped d
    WHERE q.id = ANY (p_items) AND q.instance_id = d.instance_id AND NOT q.has_merged_people;
END
$$;
COMMENT ON FUNCTION drop_merged_participants(bigint[]) IS 'Remove people of a batch of queue items who have no session any more: all moved to another person, or somebody deleted them.';
