-- A person keeps the row that any of its sessions had before, so that ids in other people's tables stay good.
CREATE FUNCTION upsert_participants(p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT q.instance_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
BEGIN
    -- Nobody else writes these instances: a connection has one active run, and the run's other batches have other instances.
    WITH added AS (
        INSERT INTO zoom_participants (
            webinar_id, instance_id, participant_uuid, participant_name, email, registrant_id, participant_user_id,
            role, matched_by, session_count, total_duration, attended_seconds, first_join_time, last_leave_time
        )
        SELECT
            q.webinar_id, q.instance_id, p.participant_uuid, p.participant_name, p.email, p.registrant_id, p.participant_user_id,
            p.role, p.matched_by, p.session_count, p.total_duration, p.attended_seconds, p.first_join_time, p.last_leave_time
        FROM zoom_person_staging p
        JOIN webinar_sync_queue q ON q.id = p.item_id AND q.id = ANY (p_items)
        WHERE p.item_id = ANY (p_items)
            AND NOT EXISTS (
                SELECT FROM zoom_participants t
                WHERE t.instance_id = q.instance_id AND t.participant_uuid = p.participant_uuid AND t.instance_id = ANY (v_instances)
            )
        RETURNING instance_id
    ),
    changed AS (
        UPDATE zoom_participants t SET
            updated_at = now(),
            participant_name = p.participant_name,
            email = p.email,
            registrant_id = p.registrant_id,
            participant_user_id = p.participant_user_id,
            role = p.role,
            matched_by = p.matched_by,
            session_count = p.session_count,
            total_duration = p.total_duration,
            attended_seconds = p.attended_seconds,
            first_join_time = p.first_join_time,
            last_leave_time = p.last_leave_time
        FROM zoom_person_staging p
        JOIN webinar_sync_queue q ON q.id = p.item_id AND q.id = ANY (p_items)
        WHERE p.item_id = ANY (p_items)
            AND t.instance_id = q.instance_id AND t.participant_uuid = p.participant_uuid AND t.instance_id = ANY (v_instances)
            AND (
                t.participant_name, t.email, t.registrant_id, t.participant_user_id,
                t.role, t.matched_by, t.session_count, t.total_duration, t.attended_seconds, t.first_join_time, t.last_leave_time
            ) IS DISTINCT FROM (
                p.participant_name, p.email, p.registrant_id, p.participant_user_id,
                p.role, p.matched_by, p.session_count, p.total_duration, p.attended_seconds, p.first_join_time, p.last_leave_time
            )
        RETURNING t.instance_id
    ),
    counted AS (
        SELECT w.instance_id, sum(w.people) AS people, sum(w.inserted) AS inserted, sum(w.updated) AS updated
        FROM (
            SELECT a.instance_id, 0 AS people, 1 AS inserted, 0 AS updated FROM added a
            UNION ALL
            SELECT c.instance_id, 0, 0, 1 FROM changed c
            UNION ALL
            SELECT q.instance_id, 1, 0, 0
            FROM zoom_person_staging p
            JOIN webinar_sync_queue q ON q.id = p.item_id
            WHERE p.item_id = ANY (p_items)
        ) w
        GROUP BY w.instance_id
    )
    UPDATE webinar_sync_queue q SET
        participants_inserted = c.inserted,
        participants_updated = c.updated,
        participants_unchanged = c.people - c.inserted - c.updated
    FROM counted c
    WHERE q.id = ANY (p_items) AND q.instance_id = c.instance_id;
END
$$;
COMMENT ON FUNCTION upsert_participants(bigint[]) IS 'Write the people of a batch of queue items that are new or different, and count them on the items.';
