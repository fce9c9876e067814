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
    WITH given AS (
        SELECT
            q.id AS item_id, q.instance_id, q.webinar_id, q.list_source,
            t.id AS participant_id, l.session_id, s.*
        FROM webinar_sync_queue q
        JOIN zoom_person_staging p ON p.item_id = q.id
        JOIN zoom_participants t ON t.instance_id = q.instance_id AND t.participant_uuid = p.participant_uuid
        JOIN zoom_session_staging l ON l.item_id = q.id AND l.person_no = p.person_no AND l.row_no IS NOT NULL
        JOIN zoom_participant_staging s ON s.item_id = q.id AND s.list_no = l.list_no AND s.row_no = l.row_no
        WHERE q.id = ANY (p_items) AND l.item_id = ANY (p_items) AND p.item_id = ANY (p_items) AND s.item_id = ANY (p_items)
            AND t.instance_id = ANY (v_instances)
    ),
    stored AS (
        SELECT o.* FROM zoom_participant_sessions o WHERE o.instance_id = ANY (v_instances)
    ),
    written AS (
        INSERT INTO zoom_participant_sessions AS t (
            participant_id, session_id, webinar_id, instance_id, join_time, leave_time, duration, status, user_id,
            participant_user_id, registrant_id, customer_key, name, email, failover, internal_user, bo_mtg_id,
            other_fields, marks, attendance_source
        )
        SELECT
            g.participant_id, g.session_id, g.webinar_id, g.instance_id, g.join_time, g.leave_time, g.duration, g.status, g.user_id,
            g.participant_user_id, g.registrant_id, g.customer_key, g.name, g.email, g.failover, g.internal_user, g.bo_mtg_id,
            g.other_fields, g.marks, g.list_source
        FROM given g
        LEFT JOIN stored o ON o.instance_id = g.instance_id AND o.session_id = g.session_id
        WHERE o.session_id IS NULL OR (
            o.participant_id, o.join_time, o.leave_time, o.duration, o.status, o.user_id,
            o.participant_user_id, o.registrant_id, o.customer_key, o.name, o.email, o.failover, o.internal_user, o.bo_mtg_id,
            o.other_fields, o.marks, o.attendance_source, o.superseded_at
        ) IS DISTINCT FROM (
            g.participant_id, g.join_time, g.leave_time, g.duration, g.status, g.user_id,
            g.participant_user_id, g.registrant_id, g.customer_key, g.name, g.email, g.failover, g.internal_user, g.bo_mtg_id,
            g.other_fields, g.marks, g.list_source, NULL::timestamptz
        )
        ON CONFLICT (instance_id, session_id) DO UPDATE SET
            updated_at = now(),
            superseded_at = NULL,
            participant_id = excluded.participant_id,
            join_time = excluded.join_time,
            leave_time = excluded.leave_time,
            duration = excluded.duration,
            status = excluded.status,
            user_id = excluded.user_id,
            participant_user_id = excluded.participant_user_id,
            registrant_id = excluded.registrant_id,
            customer_key = excluded.customer_key,
            name = excluded.name,
            email = excluded.email,
            failover = excluded.failover,
            internal_user = excluded.internal_user,
            bo_mtg_id = excluded.bo_mtg_id,
            other_fields = excluded.other_fields,
            marks = excluded.marks,
            attendance_source = excluded.attendance_source
        RETURNING t.instance_id, (t.xmax = 0) AS is_new
    ),
    counted AS (
        SELECT w.instance_id, count(*) FILTER (WHERE w.is_new) AS inserted, count(*) FILTER (WHERE NOT w.is_new) AS updated
        FROM written w
        GROUP BY w.instance_id
    )
    UPDATE webinar_sync_queue q SET
        sessions_inserted = coalesce(c.inserted, 0),
        sessions_updated = coalesce(c.updated, 0)
    FROM webinar_sync_queue o
    LEFT JOIN counted c ON c.instance_id = o.instance_id
    WHERE o.id = ANY (p_items) AND q.id = o.id;

    -- What is neither new nor different must be there already: looked up, not inferred, or a lost row would pass for one.
    UPDATE webinar_sync_queue q SET sessions_unchanged = n.stored - q.sessions_inserted - q.sessions_updated
    FROM (
        SELECT o.id, count(s.session_id) AS stored
        FROM webinar_sync_queue o
        LEFT JOIN zoom_session_staging l ON l.item_id = o.id AND l.row_no IS NOT NULL AND l.item_id = ANY (p_items)
        LEFT JOIN zoom_participant_sessions s
            ON s.instance_id = o.instance_id AND s.session_id = l.session_id AND s.instance_id = ANY (v_instances)
        WHERE o.id = ANY (p_items)
        GROUP BY o.id
    ) n
    WHERE q.id = n.id;

    -- Sessions that this read did not contain: they may have got another person, or a better endpoint took over.
    WITH unread AS MATERIALIZED (
        SELECT q.instance_id, l.session_id, l.is_superseded, t.id AS participant_id
        FROM webinar_sync_queue q
        JOIN zoom_session_staging l ON l.item_id = q.id AND l.row_no IS NULL
        JOIN zoom_person_staging p ON p.item_id = q.id AND p.person_no = l.person_no
        JOIN zoom_participants t ON t.instance_id = q.instance_id AND t.participant_uuid = p.participant_uuid
        WHERE q.id = ANY (p_items) AND l.item_id = ANY (p_items) AND p.item_id = ANY (p_items)
            AND t.instance_id = ANY (v_instances)
    )
    UPDATE zoom_participant_sessions s
    SET participant_id = u.participant_id,
        superseded_at = CASE WHEN u.is_superseded THEN coalesce(s.superseded_at, now()) END,
        updated_at = now()
    FROM unread u
    WHERE s.instance_id = ANY (v_instances) AND s.instance_id = u.instance_id AND s.session_id = u.session_id
        AND (s.participant_id <> u.participant_id OR (s.superseded_at IS NOT NULL) <> u.is_superseded);
END
$$;
COMMENT ON FUNCTION upsert_sessions(bigint[]) IS 'Write the sessions of a batch of queue items that are new or different, and count them on the items.';
