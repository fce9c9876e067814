-- Each session follows from the participant's totals, so that both agree; who was never let in has one row of waiting.

INSERT INTO zoom_participant_sessions (
    participant_id, session_id, webinar_id, instance_id, join_time, leave_time, duration, status, user_id,
    participant_user_id, registrant_id, name, email, attendance_source, created_at, updated_at
)
SELECT
    p.id, md5(p.id || ':' || n)::uuid, p.webinar_id, p.instance_id, came.join_time,
    came.join_time + make_interval(secs => came.seconds), came.seconds,
    CASE WHEN p.session_count > 0 THEN 'in_meeting' ELSE 'in_waiting_room' END, (16778240 + n)::text,
    p.participant_user_id, p.registrant_id, p.participant_name, p.email, 'report', p.created_at, p.updated_at
FROM zoom_participants p
CROSS JOIN LATERAL (
    SELECT coalesce(p.total_duration / nullif(p.session_count, 0), 60)::integer AS seconds
) one
CROSS JOIN LATERAL generate_series(0, greatest(p.session_count, 1) - 1) n
CROSS JOIN LATERAL (
    SELECT
        one.seconds,
        CASE
            WHEN p.session_count > 1
                THEN p.first_join_time
                    + n * (p.last_leave_time - make_interval(secs => one.seconds) - p.first_join_time) / (p.session_count - 1)
            ELSE coalesce(p.first_join_time, p.created_at)
        END AS join_time
) came
ORDER BY p.id, n;

-- One instance in fifty was never read, the youngest are not final yet.
INSERT INTO zoom_instance_reads (
    instance_id, sync_status, attendance_source, rows_read, rows_distinct, total_records, digest, reads, agreeing_reads,
    last_read_at, fetch_seconds, provisional_since
)
SELECT
    c.instance_id, CASE WHEN short.rows > 0 THEN 'provisional' ELSE 'complete' END, 'report', s.sessions, s.sessions,
    s.sessions + short.rows, c.instance_id, 2, 2, read.at,
    0.3 + s.sessions / 1000.0, CASE WHEN short.rows > 0 THEN read.at END
FROM crowd c
JOIN (SELECT instance_id, count(*) AS sessions FROM zoom_participant_sessions GROUP BY instance_id) s USING (instance_id)
CROSS JOIN LATERAL (SELECT CASE WHEN c.start_time > now() - interval '5 days' THEN 7 ELSE 0 END AS rows) short
CROSS JOIN LATERAL (SELECT least(now(), c.start_time + interval '1 day') AS at) read
WHERE c.instance_id % 50 <> 49;

INSERT INTO zoom_instance_reconciliation (instance_id, measure, ours, theirs, verdict, meaning, checked_at)
SELECT r.instance_id, m.measure, m.ours, m.ours + m.off,
    CASE WHEN m.off = 0 THEN 'agrees' WHEN m.measure = 'people' THEN 'explained' ELSE 'differs' END,
    CASE m.off WHEN 0 THEN 'The same number.' ELSE 'No known way of counting explains this difference.' END, r.last_read_at
FROM zoom_instance_reads r
JOIN crowd c USING (instance_id)
CROSS JOIN LATERAL (
    VALUES
        ('rows', r.rows_distinct, r.total_records - r.rows_distinct),
        ('people', c.people, 2 * c.people),
        ('unique_viewers', c.people, CASE WHEN r.instance_id % 100 = 1 THEN 5 ELSE 0 END),
        ('minutes', 40 * c.people, 0)
) m (measure, ours, off);
