-- Who came: one instance has a fiftieth of all people, the others a few to a few thousand. Three in five are known by
-- their registration, the rest by e-mail, account or nothing; those of a series come again.

CREATE TEMPORARY TABLE crowd AS
SELECT
    o.instance_id, o.webinar_id, o.start_time, o.minutes * 60 AS seconds, coalesce(r.registrants, 0) AS registrants,
    CASE
        WHEN o.instance_id = 1 THEN size.participants / 50
        ELSE size.participants * 0.98 * (0.05 + power(pg_temp.pick(o.instance_id, 5, 1000) / 1000.0, 4))
            / sum(CASE WHEN o.instance_id > 1 THEN 0.05 + power(pg_temp.pick(o.instance_id, 5, 1000) / 1000.0, 4) END) OVER ()
    END::integer AS people
FROM size
CROSS JOIN occasion o
LEFT JOIN registered r ON r.webinar_id = o.webinar_id;

INSERT INTO zoom_webinar_instances (
    connection_id, webinar_id, uuid, topic, host_email, start_time, end_time, duration_minutes,
    participants_count, unique_viewers, total_minutes, attendance_source, created_at, updated_at
)
SELECT
    w.connection_id, c.webinar_id, 'instance-' || c.instance_id, w.topic, w.host_email, c.start_time,
    c.start_time + make_interval(secs => c.seconds), c.seconds / 60, 3 * c.people, c.people, 40 * c.people, 'report',
    c.start_time, c.start_time
FROM crowd c
JOIN zoom_webinars w ON w.id = c.webinar_id
ORDER BY c.instance_id;

INSERT INTO zoom_participants (
    webinar_id, instance_id, participant_uuid, participant_name, email, registrant_id, participant_user_id, role, matched_by,
    session_count, total_duration, attended_seconds, first_join_time, last_leave_time, created_at, updated_at
)
SELECT
    c.webinar_id, c.instance_id, md5(c.instance_id || ':' || n)::uuid, 'Person ' || who.no,
    CASE WHEN who.known_by IN ('registrant_id', 'email') THEN 'person-' || c.webinar_id || '-' || who.no || '@example.com' END,
    CASE WHEN who.known_by = 'registrant_id' THEN 'registrant-' || c.webinar_id || '-' || who.no END,
    CASE WHEN who.known_by = 'participant_user_id' THEN 'user-' || c.webinar_id || '-' || who.no END,
    CASE n WHEN 1 THEN 'host' WHEN 2 THEN 'panelist' WHEN 3 THEN 'panelist' ELSE 'attendee' END,
    who.known_by, came.times, came.times * stay.seconds,
    CASE WHEN came.times > 0 THEN least(came.times * stay.seconds, (came.times - 1) * stay.step + stay.seconds) ELSE 0 END,
    CASE WHEN came.times > 0 THEN c.start_time + make_interval(secs => came.late) END,
    CASE WHEN came.times > 0 THEN c.start_time + make_interval(secs => came.late + (came.times - 1) * stay.step + stay.seconds) END,
    c.start_time, c.start_time
FROM crowd c
CROSS JOIN LATERAL generate_series(1, c.people) n
CROSS JOIN LATERAL (
    SELECT
        pg_temp.pick(c.instance_id * 1000000::bigint + n, 6, 100) AS dice,
        CASE WHEN n % 3 = 0 THEN pg_temp.pick(n, 7, c.seconds / 3) ELSE pg_temp.pick(n + c.instance_id, 8, 300) END AS late,
        -- 2 in 100 are never let in; the others have one to six sessions, three on average.
        CASE WHEN n % 50 = 0 THEN 0 ELSE (ARRAY[1, 1, 1, 2, 2, 3, 4, 5, 5, 6])[1 + n % 10] END AS times
) came
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n <= c.registrants AND came.dice < 60 THEN 'registrant_id'
            WHEN came.dice < 85 THEN 'email'
            WHEN came.dice < 95 THEN 'participant_user_id'
            ELSE 'unmatched'
        END AS known_by,
        1 + (n + 17 * c.instance_id) % greatest(c.registrants, c.people) AS no
) who
CROSS JOIN LATERAL (
    -- A session lasts three quarters of its share of the stay. One in eight has two devices: the sessions overlap.
    SELECT greatest(1, part * 3 / 4) AS seconds, greatest(1, CASE WHEN came.dice % 8 = 0 THEN part / 4 ELSE part END) AS step
    FROM (SELECT (c.seconds - came.late) * (20 + came.dice * 4 / 5) / 100 / greatest(came.times, 1) AS part) share
) stay
ORDER BY c.instance_id, n;
