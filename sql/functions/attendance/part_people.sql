-- What a name or a wrong key held together, a later read may take apart: then two people claim the row of one. The one
-- with the session that the row was made from keeps it, the others get rows of their own.
CREATE FUNCTION part_people(p_items bigint[], p_person_of integer[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
-- One guest of a common name can part thousands, and without statistics the planner would look for each in all the others.
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
    WITH contested AS MATERIALIZED (
        SELECT p.participant_id
        FROM zoom_person_staging p
        WHERE p.item_id = ANY (p_items) AND p.participant_id IS NOT NULL
        GROUP BY p.participant_id
        HAVING count(*) > 1
    ),
    claim AS MATERIALIZED (
        SELECT p.item_id, p.person_no, p.participant_id, p.participant_uuid, p.first_join_time
        FROM zoom_person_staging p
        JOIN contested c ON c.participant_id = p.participant_id
        WHERE p.item_id = ANY (p_items)
    ),
    first_session AS (
        SELECT DISTINCT ON (c.item_id, c.person_no) c.item_id, c.person_no, b.session_id
        FROM pg_temp.batch_session b
        JOIN claim c ON c.item_id = b.item_id AND c.person_no = p_person_of[b.node]
        ORDER BY c.item_id, c.person_no, b.join_time, b.session_id DESC
    ),
    named AS (
        SELECT c.*, i.id AS instance_id, content_uuid(i.uuid || ':' || f.session_id::text) AS own_uuid
        FROM claim c
        JOIN first_session f ON f.item_id = c.item_id AND f.person_no = c.person_no
        JOIN webinar_sync_queue q ON q.id = c.item_id AND q.id = ANY (p_items)
        JOIN zoom_webinar_instances i ON i.id = q.instance_id
    ),
    ranked AS (
        SELECT n.*, row_number() OVER (
            PARTITION BY n.participant_id
            ORDER BY n.own_uuid = n.participant_uuid DESC, n.first_join_time, n.person_no
        ) AS place
        FROM named n
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
    WHERE r.place > 1 AND p.item_id = r.item_id AND p.person_no = r.person_no AND p.item_id = ANY (p_items)
$$;
COMMENT ON FUNCTION part_people(bigint[], integer[]) IS 'Give people of pg_temp.batch_session who claim the same stored row a row each.';
