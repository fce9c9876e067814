-- A row has no id at Zoom. What identifies it is who joined when: user_id is new with every join, so with the join time it
-- names the row; without it the person's keys must do. The leave time stays out, so that a later read can correct it.
-- A key of blanks is no key: it would make one person of all who left the field empty.
CREATE FUNCTION collect_sessions(p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
-- Nothing here has statistics worth the name, and a wrong guess makes a loop of quadratic length.
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT q.instance_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
BEGIN
    CREATE TEMPORARY TABLE batch_session ON COMMIT DROP AS
    WITH keyed AS MATERIALIZED (
        SELECT
            s.item_id, s.list_no, s.row_no, s.user_id, s.join_time, s.leave_time, s.duration, s.status,
            nullif(btrim(s.name), '') COLLATE "C" AS name,
            nullif(btrim(s.email), '') COLLATE "C" AS email,
            nullif(lower(btrim(s.email)), '') COLLATE "C" AS mail,
            nullif(btrim(s.registrant_id), '') COLLATE "C" AS registrant_id,
            nullif(btrim(s.participant_user_id), '') COLLATE "C" AS participant_user_id,
            content_uuid(
                concat_ws(
                    E'\x1f',
                    coalesce(s.user_id, ''), coalesce(extract(epoch FROM s.join_time)::text, ''),
                    coalesce(s.status, ''), coalesce(s.bo_mtg_id, ''),
                    CASE WHEN s.user_id IS NULL THEN
                        concat_ws(E'\x1f', coalesce(s.registrant_id, ''), coalesce(lower(s.email), ''), coalesce(s.participant_user_id, ''), s.name)
                    END
                )
            ) AS row_key
        FROM webinar_sync_queue q
        JOIN zoom_participant_staging s ON s.item_id = q.id AND s.list_no = q.list_no
        WHERE q.id = ANY (p_items) AND q.status = 'fetched' AND s.item_id = ANY (p_items)
    ),
    -- The same content twice is the same row on two pages. Different content under one key is two rows, told apart by
    -- order. Both windows run over one sort.
    ranked AS (
        SELECT
            k.*,
            dense_rank() OVER by_content AS content_no,
            row_number() OVER by_row - rank() OVER by_content AS copies_before
        FROM keyed k
        WINDOW
            by_content AS (
                PARTITION BY k.item_id, k.row_key
                ORDER BY k.registrant_id, k.mail, k.participant_user_id, k.name, k.leave_time, k.duration
            ),
            by_row AS (
                PARTITION BY k.item_id, k.row_key
                ORDER BY k.registrant_id, k.mail, k.participant_user_id, k.name, k.leave_time, k.duration, k.row_no
            )
    ),
    distinct_row AS (
        SELECT
            r.*,
            CASE WHEN r.content_no = 1 THEN r.row_key ELSE content_uuid(r.row_key::text || ':' || r.content_no) END AS session_id
        FROM ranked r
        WHERE r.copies_before = 0
    )
    SELECT
        r.item_id, r.list_no, r.row_no, r.session_id,
        r.join_time, r.leave_time, r.duration, r.status, r.name, r.email, r.mail, r.registrant_id, r.participant_user_id,
        s.participant_id,
        false AS is_superseded,
        NULL::integer AS person_no,
        NULL::text AS matched_name
    FROM distinct_row r
    JOIN webinar_sync_queue q ON q.id = r.item_id
    LEFT JOIN zoom_participant_sessions s
        ON s.instance_id = q.instance_id AND s.session_id = r.session_id AND s.instance_id = ANY (v_instances);

    INSERT INTO pg_temp.batch_session
    SELECT
        q.id, NULL, NULL, s.session_id, s.join_time, s.leave_time, s.duration, s.status,
        nullif(btrim(s.name), ''), nullif(btrim(s.email), ''), nullif(lower(btrim(s.email)), ''),
        nullif(btrim(s.registrant_id), ''), nullif(btrim(s.participant_user_id), ''), s.participant_id,
        s.superseded_at IS NOT NULL OR s.attendance_source <> q.list_source
    FROM webinar_sync_queue q
    JOIN zoom_participant_sessions s ON s.instance_id = q.instance_id
    WHERE q.id = ANY (p_items) AND q.status = 'fetched' AND s.instance_id = ANY (v_instances)
        AND NOT EXISTS (
            SELECT FROM pg_temp.batch_session b WHERE b.item_id = q.id AND b.session_id = s.session_id
        );

    ANALYZE pg_temp.batch_session;
END
$$;
COMMENT ON FUNCTION collect_sessions(bigint[]) IS 'Fill pg_temp.batch_session with the distinct sessions of a batch of instances: those just read and those that earlier reads stored.';
