-- A row has no id at Zoom. What identifies it is who joined when: user_id is new with every join, so with the join time it
-- names the row; without it the person's keys must do. The leave time stays out, so that a later read can correct it.
-- A key of blanks is no key: it would make one person of all who left the field empty. E-mails are compared in the lower case of
-- "C": in that of a Turkish database INFO is not info.
CREATE FUNCTION collect_sessions(p_items bigint[])
RETURNS bigint[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
-- Nothing here has statistics worth the name, and a wrong guess makes a loop of quadratic length.
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT q.instance_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
    v_copies bigint[];
BEGIN
    CREATE TEMPORARY TABLE batch_row ON COMMIT DROP AS
    SELECT k.*, o.participant_id, false AS is_superseded
    FROM (
        SELECT
            s.item_id, s.list_no, s.row_no,
            content_uuid(
                concat_ws(
                    E'\x1f',
                    coalesce(s.user_id, ''), coalesce(extract(epoch FROM s.join_time)::text, ''),
                    coalesce(s.status, ''), coalesce(s.bo_mtg_id, ''),
                    CASE WHEN s.user_id IS NULL THEN
                        concat_ws(E'\x1f', coalesce(s.registrant_id, ''), coalesce(lower(s.email), ''), coalesce(s.participant_user_id, ''), s.name)
                    END
                )
            ) AS session_id,
            s.join_time, s.leave_time, s.duration, s.status,
            nullif(btrim(s.name), '') COLLATE "C" AS name,
            nullif(btrim(s.email), '') COLLATE "C" AS email,
            nullif(lower(btrim(s.email COLLATE "C")), '') AS mail,
            nullif(btrim(s.registrant_id), '') COLLATE "C" AS registrant_id,
            nullif(btrim(s.participant_user_id), '') COLLATE "C" AS participant_user_id,
            q.instance_id
        FROM webinar_sync_queue q
        JOIN zoom_participant_staging s ON s.item_id = q.id AND s.list_no = q.list_no
        WHERE q.id = ANY (p_items) AND q.status = 'fetched' AND s.item_id = ANY (p_items)
        OFFSET 0  -- or the hash would be made a second time, for the join
    ) k
    LEFT JOIN zoom_participant_sessions o
        ON o.instance_id = k.instance_id AND o.session_id = k.session_id AND o.instance_id = ANY (v_instances);
    -- The number of rows is what matters; statistics of every column would cost as much as the rest.
    ANALYZE pg_temp.batch_row (item_id);

    -- The same content twice is the same row on two pages. Different content under one key is two rows, told apart by
    -- order. Both windows run over one sort.
    WITH twice AS MATERIALIZED (
        SELECT b.item_id, b.session_id FROM pg_temp.batch_row b GROUP BY b.item_id, b.session_id HAVING count(*) > 1
    ),
    ranked AS MATERIALIZED (
        SELECT
            b.item_id, b.row_no, b.session_id, b.instance_id,
            dense_rank() OVER by_content AS content_no,
            row_number() OVER by_row - rank() OVER by_content AS copies_before
        FROM pg_temp.batch_row b
        JOIN twice t ON t.item_id = b.item_id AND t.session_id = b.session_id
        WINDOW
            by_content AS (
                PARTITION BY b.item_id, b.session_id
                ORDER BY b.registrant_id, b.mail, b.participant_user_id, b.name, b.leave_time, b.duration
            ),
            by_row AS (
                PARTITION BY b.item_id, b.session_id
                ORDER BY b.registrant_id, b.mail, b.participant_user_id, b.name, b.leave_time, b.duration, b.row_no
            )
    ),
    dropped AS (
        DELETE FROM pg_temp.batch_row b
        USING ranked r
        WHERE r.copies_before > 0 AND b.item_id = r.item_id AND b.row_no = r.row_no
        RETURNING b.item_id
    ),
    told_apart AS (
        SELECT r.item_id, r.row_no, r.instance_id, content_uuid(r.session_id::text || ':' || r.content_no) AS session_id
        FROM ranked r
        WHERE r.copies_before = 0 AND r.content_no > 1
    ),
    renamed AS (
        UPDATE pg_temp.batch_row b SET session_id = r.session_id, participant_id = o.participant_id
        FROM told_apart r
        LEFT JOIN zoom_participant_sessions o
            ON o.instance_id = r.instance_id AND o.session_id = r.session_id AND o.instance_id = ANY (v_instances)
        WHERE b.item_id = r.item_id AND b.row_no = r.row_no
    )
    SELECT array_agg(coalesce(d.copies, 0) ORDER BY t.place) INTO v_copies
    FROM unnest(p_items) WITH ORDINALITY AS t (id, place)
    LEFT JOIN (SELECT d.item_id, count(*) AS copies FROM dropped d GROUP BY d.item_id) d ON d.item_id = t.id;

    -- Sessions that earlier reads stored and this one did not serve.
    INSERT INTO pg_temp.batch_row
    SELECT
        q.id, NULL, NULL, s.session_id, s.join_time, s.leave_time, s.duration, s.status,
        nullif(btrim(s.name), ''), nullif(btrim(s.email), ''), nullif(lower(btrim(s.email COLLATE "C")), ''),
        nullif(btrim(s.registrant_id), ''), nullif(btrim(s.participant_user_id), ''), q.instance_id, s.participant_id,
        s.superseded_at IS NOT NULL OR s.attendance_source <> q.list_source
    FROM webinar_sync_queue q
    JOIN zoom_participant_sessions s ON s.instance_id = q.instance_id
    WHERE q.id = ANY (p_items) AND q.status = 'fetched' AND s.instance_id = ANY (v_instances)
        AND NOT EXISTS (
            SELECT FROM pg_temp.batch_row b WHERE b.item_id = q.id AND b.session_id = s.session_id
        );
    RETURN v_copies;
END
$$;
COMMENT ON FUNCTION collect_sessions(bigint[]) IS 'Make pg_temp.batch_row of the distinct sessions of a batch of instances: those just read and those that earlier reads stored. Returns how many copies of rows were left out, for each item in order.';
