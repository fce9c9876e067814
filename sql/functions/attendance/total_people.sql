-- Plain sums count two devices at once twice; the union of the intervals counts them once. Both are kept, because the first
-- is what a spreadsheet shows and the second is what is true. A session without a usable leave time lasts its duration.
CREATE FUNCTION total_people()
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO zoom_person_staging (
        item_id, person_no, participant_id, participant_uuid, participant_name, email, registrant_id, participant_user_id,
        role, matched_by, session_count, total_duration, attended_seconds, first_join_time, last_leave_time
    )
    WITH panelist AS (
        SELECT DISTINCT q.id AS item_id, lower(p.email) COLLATE "C" AS mail
        FROM (SELECT DISTINCT b.item_id FROM pg_temp.batch_session b) t
        JOIN webinar_sync_queue q ON q.id = t.item_id
        JOIN zoom_panelists p ON p.webinar_id = q.webinar_id
        WHERE p.email IS NOT NULL
    ),
    session AS (
        SELECT
            b.*,
            NOT b.is_superseded AND b.status IS DISTINCT FROM 'in_waiting_room' AS counts,
            CASE
                WHEN b.leave_time >= b.join_time THEN b.leave_time
                WHEN b.duration > 0 THEN b.join_time + make_interval(secs => b.duration)
            END AS end_time,
            pl.mail IS NOT NULL AS is_panelist
        FROM pg_temp.batch_session b
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
            array_agg(DISTINCT s.mail) FILTER (WHERE s.mail IS NOT NULL) AS mails,
            bool_or(s.is_panelist) AS is_panelist,
            bool_or(s.matched_name IS NOT NULL) AS by_name,
            count(*) FILTER (WHERE s.counts) AS session_count,
            coalesce(sum(greatest(coalesce(s.duration, extract(epoch FROM s.end_time - s.join_time)), 0)) FILTER (WHERE s.counts), 0) AS total_duration,
            range_agg(tstzrange(s.join_time, s.end_time)) FILTER (WHERE s.counts AND s.join_time < s.end_time) AS attended,
            min(s.join_time) FILTER (WHERE s.counts) AS first_join_time,
            max(s.end_time) FILTER (WHERE s.counts) AS last_leave_time
        FROM session s
        GROUP BY s.item_id, s.person_no
    )
    SELECT
        p.item_id, p.person_no, p.participant_id,
        coalesce(t.participant_uuid, content_uuid(i.uuid || ':' || p.first_session::text)),
        p.name,
        coalesce(p.email, r.email),
        p.registrant_id, p.participant_user_id,
        CASE
            WHEN lower(coalesce(i.host_email, w.host_email)) COLLATE "C" = ANY (p.mails)
                OR p.participant_user_id = w.host_id COLLATE "C" THEN 'host'
            WHEN p.is_panelist THEN 'panelist'
            ELSE 'attendee'
        END,
        CASE
            WHEN p.registrant_id IS NOT NULL THEN 'registrant_id'
            WHEN p.mails IS NOT NULL THEN 'email'
            WHEN p.participant_user_id IS NOT NULL THEN 'participant_user_id'
            WHEN p.by_name THEN 'name'
            ELSE 'unmatched'
        END,
        p.session_count, round(p.total_duration), coalesce(a.seconds, 0), p.first_join_time, p.last_leave_time
    FROM person p
    JOIN webinar_sync_queue q ON q.id = p.item_id
    JOIN zoom_webinar_instances i ON i.id = q.instance_id
    JOIN zoom_webinars w ON w.id = q.webinar_id
    LEFT JOIN zoom_participants t ON t.id = p.participant_id
    LEFT JOIN zoom_registrants r ON r.webinar_id = q.webinar_id AND r.registrant_id = p.registrant_id COLLATE "default"
    LEFT JOIN LATERAL (
        SELECT round(sum(extract(epoch FROM upper(u.part) - lower(u.part)))) AS seconds
        FROM unnest(p.attended) AS u (part)
    ) a ON true;
END
$$;
COMMENT ON FUNCTION total_people() IS 'Write the people of pg_temp.batch_session with their names, roles and totals to zoom_person_staging.';
