-- A person keeps the row that any of its sessions had before, so that ids in other people's tables stay good.
CREATE FUNCTION upsert_participants(p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    WITH written AS (
        INSERT INTO zoom_participants AS t (
            webinar_id, instance_id, participant_uuid, participant_name, email, registrant_id, participant_user_id,
            role, matched_by, session_count, total_duration, attended_seconds, first_join_time, last_leave_time
        )
        SELECT
            q.webinar_id, q.instance_id, p.participant_uuid, p.participant_name, p.email, p.registrant_id, p.participant_user_id,
            p.role, p.matched_by, p.session_count, p.total_duration, p.attended_seconds, p.first_join_time, p.last_leave_time
        FROM webinar_sync_queue q
        JOIN zoom_person_staging p ON p.item_id = q.id
        LEFT JOIN zoom_participants o ON o.id = p.participant_id
        WHERE q.id = ANY (p_items) AND (
            o.id IS NULL OR (
                o.participant_name, o.email, o.registrant_id, o.participant_user_id,
                o.role, o.matched_by, o.session_count, o.total_duration, o.attended_seconds, o.first_join_time, o.last_leave_time
            ) IS DISTINCT FROM (
                p.participant_name, p.email, p.registrant_id, p.participant_user_id,
                p.role, p.matched_by, p.session_count, p.total_duration, p.attended_seconds, p.first_join_time, p.last_leave_time
            )
        )
        ON CONFLICT (instance_id, participant_uuid) DO UPDATE SET
            updated_at = now(),
            participant_name = excluded.participant_name,
            email = excluded.email,
            registrant_id = excluded.registrant_id,
            participant_user_id = excluded.participant_user_id,
            role = excluded.role,
            matched_by = excluded.matched_by,
            session_count = excluded.session_count,
            total_duration = excluded.total_duration,
            attended_seconds = excluded.attended_seconds,
            first_join_time = excluded.first_join_time,
            last_leave_time = excluded.last_leave_time
        RETURNING t.instance_id, (t.xmax = 0) AS is_new
    ),
    counted AS (
        SELECT w.instance_id, count(*) FILTER (WHERE w.is_new) AS inserted, count(*) FILTER (WHERE NOT w.is_new) AS updated
        FROM written w
        GROUP BY w.instance_id
    ),
    people AS (
        SELECT p.item_id, count(*) AS people FROM zoom_person_staging p WHERE p.item_id = ANY (p_items) GROUP BY p.item_id
    )
    UPDATE webinar_sync_queue q SET
        participants_inserted = coalesce(c.inserted, 0),
        participants_updated = coalesce(c.updated, 0),
        participants_unchanged = n.people - coalesce(c.inserted, 0) - coalesce(c.updated, 0)
    FROM people n
    JOIN webinar_sync_queue o ON o.id = n.item_id
    LEFT JOIN counted c ON c.instance_id = o.instance_id
    WHERE q.id = n.item_id;
END
$$;
COMMENT ON FUNCTION upsert_participants(bigint[]) IS 'Write the people of a batch of queue items that are new or different, and count them on the items.';
