-- Plain sums count two devices at once twice; the union of the intervals counts them once. Both are kept, because the first
-- is what a spreadsheet shows and the second is what is true. A session without a usable leave time lasts its duration.
CREATE FUNCTION total_people(p_items bigint[], p_person_of integer[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT q.instance_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
    v_webinars bigint[] := ARRAY(SELECT DISTINCT q.webinar_id FROM webinar_sync_queue q WHERE q.id = ANY (p_items));
BEGIN
    INSERT INTO zoom_person_staging (
        item_id, person_no, participant_id, participant_uuid, participant_name, email, registrant_id, participant_user_id,
        role, matched_by, session_count, total_duration, attended_seconds, first_join_time, last_leave_time
    )
    WITH item AS MATERIALIZED (
        SELECT
            q.id, q.webinar_id, i.uuid, w.host_id COLLATE "C" AS host_id,
            lower(coalesce(i.host_email, w.host_email) COLLATE "C") AS host_mail
        FROM webinar_sync_queue q
        JOIN zoom_webinar_instances i ON i.id = q.instance_id
        JOIN zoom_webinars w ON w.id = q.webinar_id
        WHERE q.id = ANY (p_items)
    ),
    panelist AS (
        SELECT DISTINCT t.id AS item_id, lower(p.email COLLATE "C") AS mail
        FROM item t
        JOIN zoom_panelists p ON p.webinar_id = t.webinar_id
        WHERE p.webinar_id = ANY (v_webinars) AND p.email IS NOT NULL
    ),
    session AS (
        SELECT
            b.*,
            p_person_of[b.node] AS person_no,
            NOT b.is_superseded AND b.status IS DISTINCT FROM 'in_waiting_room' AS counts,
            CASE
                WHEN b.leave_time >= b.join_time THEN b.leave_time
                WHEN b.duration > 0 THEN b.join_time + make_interval(secs => b.duration)
            END AS end_time,
            pl.mail IS NOT NULL AS is_panelist,
            b.mail = t.host_mail OR b.participant_user_id = t.host_id AS is_host
        FROM pg_temp.batch_session b
        JOIN item t ON t.id = b.item_id
        LEFT JOIN panelist pl ON pl.item_id = b.item_id AND pl.mail = b.mail
    ),
    person AS (
        SELECT
            s.item_id, s.person_no,
            min(s.participant_id) AS participant_id,
            (array_agg(s.session_id ORDER BY s.join_time DESC, s.session_id))[count(*)] AS first_session,
            (array_agg(s.name ORDER BY s.join_time DESC, s.session_id) FILTER (WHERE s.name IS NOT NULL))[1] AS name,
            (array_agg(s.email ORDER BY s.join_time DESC, s.session_id) FILTER (WHERE s.email IS NOT NULL))[1] AS email,
            max(s.registrant_id) AS registrant_id,
            max(s.participant_user_id) AS participant_user_id,
            bool_or(s.is_host) AS is_host,
            bool_or(s.is_panelist) AS is_panelist,
            bool_or(s.matched_name IS NOT NULL) AS by_name,
            count(*) FILTER (WHERE s.counts) AS session_count,
            -- Apart, because whole numbers add up many times faster than what a difference of times gives.
            sum(greatest(s.duration, 0)) FILTER (WHERE s.counts AND s.duration IS NOT NULL) AS stated_seconds,
            sum(greatest(extract(epoch FROM s.end_time - s.join_time), 0)) FILTER (WHERE s.counts AND s.duration IS NULL) AS other_seconds,
            range_agg(tstzrange(s.join_time, s.end_time)) FILTER (WHERE s.counts AND s.join_time < s.end_time) AS attended,
            min(s.join_time) FILTER (WHERE s.counts) AS first_join_time,
            max(s.end_time) FILTER (WHERE s.counts) AS last_leave_time
        FROM session s
        GROUP BY s.item_id, s.person_no
    )
    SELECT
        p.item_id, p.person_no, p.participant_id,
        coalesce(t.participant_uuid, content_uuid(q.uuid || ':' || p.first_session::text)),
        p.name,
        coalesce(p.email, r.email),
        p.registrant_id, p.participant_user_id,
        CASE
            WHEN p.is_host THEN 'host'
            WHEN p.is_panelist THEN 'panelist'
            ELSE 'attendee'
        END,
        CASE
            WHEN p.registrant_id IS NOT NULL THEN 'registrant_id'
            WHEN p.email IS NOT NULL THEN 'email'
            WHEN p.participant_user_id IS NOT NULL THEN 'participant_user_id'
            WHEN p.by_name THEN 'name'
            ELSE 'unmatched'
        END,
        p.session_count,
        round(coalesce(p.stated_seconds, 0) + coalesce(p.other_seconds, 0)),
        coalesce(
            round(
                CASE p.session_count
                    WHEN 1 THEN extract(epoch FROM upper(p.attended) - lower(p.attended))
                    ELSE (SELECT sum(extract(epoch FROM upper(u.part) - lower(u.part))) FROM unnest(p.attended) AS u (part))
                END
            ),
            0
        ),
        p.first_join_time, p.last_leave_time
    FROM person p
    JOIN item q ON q.id = p.item_id
    LEFT JOIN zoom_participants t ON t.id = p.participant_id AND t.instance_id = ANY (v_instances)
    LEFT JOIN zoom_registrants r
        ON r.webinar_id = q.webinar_id AND r.registrant_id = p.registrant_id COLLATE "default" AND r.webinar_id = ANY (v_webinars);
END
$$;
COMMENT ON FUNCTION total_people(bigint[], integer[]) IS 'Write the people of pg_temp.batch_session, as link_people() numbered them, with their names, roles and totals to zoom_person_staging.';
