-- One foreign key a session (to its person, who hangs on the instance) instead of three: each costs a look-up a row.
-- Staging tables have no statistics worth the name, and one wrong guess makes a join of cubic length here. So the plan is not
-- left to guesses: every table narrowed to the batch, joined in the order written, by hash on the whole key.
CREATE FUNCTION upsert_sessions(p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
SET join_collapse_limit = 1
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT q.instance_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
BEGIN
    CREATE TEMPORARY TABLE batch_link ON COMMIT DROP AS
    SELECT
        l.item_id, l.session_id, l.row_no, l.is_superseded, q.list_no, q.instance_id, q.webinar_id, q.list_source,
        t.id AS participant_id, o.session_id IS NOT NULL AS is_stored
    FROM (
        SELECT g.item_id, u.*
        FROM zoom_session_staging g
        CROSS JOIN LATERAL unnest(g.session_ids, g.row_nos, g.person_nos, g.are_superseded)
            AS u (session_id, row_no, person_no, is_superseded)
        WHERE g.item_id = ANY (p_items)
    ) l
    JOIN webinar_sync_queue q ON q.id = l.item_id AND q.id = ANY (p_items)
    JOIN zoom_person_staging p ON p.item_id = l.item_id AND p.person_no = l.person_no AND p.item_id = ANY (p_items)
    JOIN zoom_participants t
        ON t.instance_id = q.instance_id AND t.participant_uuid = p.participant_uuid AND t.instance_id = ANY (v_instances)
    LEFT JOIN zoom_participant_sessions o
        ON o.instance_id = q.instance_id AND o.session_id = l.session_id AND o.instance_id = ANY (v_instances);
    ANALYZE pg_temp.batch_link (item_id);

    -- Nobody else writes these instances: a connection has one active run, and the run's other batches have other instances.
    WITH written AS (
        INSERT INTO zoom_participant_sessions (
            participant_id, session_id, webinar_id, instance_id, join_time, leave_time, duration, status, user_id,
            participant_user_id, registrant_id, customer_key, name, email, failover, internal_user, bo_mtg_id,
            other_fields, marks, attendance_source
        )
        SELECT
            l.participant_id, l.session_id, l.webinar_id, l.instance_id, s.join_time, s.leave_time, s.duration, s.status, s.user_id,
            s.participant_user_id, s.registrant_id, s.customer_key, s.name, s.email, s.failover, s.internal_user, s.bo_mtg_id,
            s.other_fields, s.marks, l.list_source
        FROM pg_temp.batch_link l
        JOIN zoom_participant_staging s
            ON s.item_id = l.item_id AND s.list_no = l.list_no AND s.row_no = l.row_no AND s.item_id = ANY (p_items)
        WHERE NOT l.is_stored
        RETURNING instance_id
    )
    UPDATE webinar_sync_queue q SET sessions_inserted = c.sessions
    FROM (SELECT w.instance_id, count(*) AS sessions FROM written w GROUP BY w.instance_id) c
    WHERE q.id = ANY (p_items) AND q.instance_id = c.instance_id;

    WITH written AS (
        UPDATE zoom_participant_sessions t SET
            updated_at = now(),
            superseded_at = NULL,
            participant_id = l.participant_id,
            join_time = s.join_time,
            leave_time = s.leave_time,
            duration = s.duration,
            status = s.status,
            user_id = s.user_id,
            participant_user_id = s.participant_user_id,
            registrant_id = s.registrant_id,
            customer_key = s.customer_key,
            name = s.name,
            email = s.email,
            failover = s.failover,
            internal_user = s.internal_user,
            bo_mtg_id = s.bo_mtg_id,
            other_fields = s.other_fields,
            marks = s.marks,
            attendance_source = l.list_source
        FROM pg_temp.batch_link l
        JOIN zoom_participant_staging s
            ON s.item_id = l.item_id AND s.list_no = l.list_no AND s.row_no = l.row_no AND s.item_id = ANY (p_items)
        WHERE l.is_stored
            AND t.instance_id = l.instance_id AND t.session_id = l.session_id AND t.instance_id = ANY (v_instances)
            AND (
                t.participant_id, t.join_time, t.leave_time, t.duration, t.status, t.user_id,
                t.participant_user_id, t.registrant_id, t.customer_key, t.name, t.email, t.failover, t.internal_user, t.bo_mtg_id,
                t.other_fields, t.marks, t.attendance_source, t.superseded_at
            ) IS DISTINCT FROM (
                l.participant_id, s.join_time, s.leave_time, s.duration, s.status, s.user_id,
                s.participant_user_id, s.registrant_id, s.customer_key, s.name, s.email, s.failover, s.internal_user, s.bo_mtg_id,
                s.other_fields, s.marks, l.list_source, NULL::timestamptz
            )
        RETURNING t.instance_id
    ),
    counted AS (
        SELECT w.instance_id, count(*) AS sessions FROM written w GROUP BY w.instance_id
    ),
    -- Looked up, not inferred: a row that went missing must not pass for one that did not change.
    stored AS (
        SELECT l.item_id, count(*) AS sessions
        FROM pg_temp.batch_link l
        WHERE l.is_stored AND l.row_no IS NOT NULL
        GROUP BY l.item_id
    )
    UPDATE webinar_sync_queue q SET
        sessions_updated = coalesce(c.sessions, 0),
        sessions_unchanged = o.sessions - coalesce(c.sessions, 0)
    FROM stored o
    JOIN webinar_sync_queue i ON i.id = o.item_id
    LEFT JOIN counted c ON c.instance_id = i.instance_id
    WHERE q.id = ANY (p_items) AND q.id = o.item_id;

    -- Sessions that this read did not contain: they may have got another person, or a better endpoint took over.
    UPDATE zoom_participant_sessions s
    SET participant_id = l.participant_id,
        superseded_at = CASE WHEN l.is_superseded THEN coalesce(s.superseded_at, now()) END,
        updated_at = now()
    FROM pg_temp.batch_link l
    WHERE l.row_no IS NULL
        AND s.instance_id = ANY (v_instances) AND s.instance_id = l.instance_id AND s.session_id = l.session_id
        AND (s.participant_id <> l.participant_id OR (s.superseded_at IS NOT NULL) <> l.is_superseded);

    DROP TABLE pg_temp.batch_link;
END
$$;
COMMENT ON FUNCTION upsert_sessions(bigint[]) IS 'Write the sessions of a batch of queue items that are new or different, and count them on the items.';
