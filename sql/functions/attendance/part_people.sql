-- What a name or a wrong key held together, a later read may take apart: then two people claim the row of one. The one
-- with the session that the row was made from keeps it, the others get rows of their own.
CREATE FUNCTION part_people()
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH batch AS (
        SELECT DISTINCT b.item_id FROM pg_temp.batch_session b WHERE b.participant_id IS NOT NULL
    ),
    contested AS (
        SELECT p.item_id, p.participant_id
        FROM batch t
        JOIN zoom_person_staging p ON p.item_id = t.item_id
        WHERE p.participant_id IS NOT NULL
        GROUP BY p.item_id, p.participant_id
        HAVING count(*) > 1
    ),
    claim AS (
        SELECT p.item_id, p.person_no, p.participant_id, p.participant_uuid, p.first_join_time, q.instance_id,
            content_uuid(i.uuid || ':' || f.first_session::text) AS own_uuid
        FROM contested c
        JOIN zoom_person_staging p ON p.item_id = c.item_id AND p.participant_id = c.participant_id
        JOIN webinar_sync_queue q ON q.id = p.item_id
        JOIN zoom_webinar_instances i ON i.id = q.instance_id
        CROSS JOIN LATERAL (
            SELECT b.session_id AS first_session
            FROM pg_temp.batch_session b
            WHERE b.item_id = p.item_id AND b.person_no = p.person_no
            ORDER BY b.join_time, b.session_id DESC
            LIMIT 1
        ) f
    ),
    ranked AS (
        SELECT c.*, row_number() OVER (
            PARTITION BY c.item_id, c.participant_id
            ORDER BY c.own_uuid = c.participant_uuid DESC, c.first_join_time, c.person_no
        ) AS place
        FROM claim c
    )
    UPDATE zoom_person_staging p
    SET participant_id = NULL,
        participant_uuid = CASE
            WHEN EXISTS (
                SELECT FROM zoom_participants t WHERE t.instance_id = r.instance_id AND t.participant_uuid = r.own_uuid
            ) THEN gen_random_uuid()
            ELSE r.own_uuid
        END
    FROM ranked r
    WHERE r.place > 1 AND p.item_id = r.item_id AND p.person_no = r.person_no
$$;
COMMENT ON FUNCTION part_people() IS 'Give people of pg_temp.batch_session who claim the same stored row a row each.';
