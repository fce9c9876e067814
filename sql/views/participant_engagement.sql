-- One number to sort people by, with its parts beside it, so that nobody has to believe it. It goes row by row, so that a
-- question about one webinar reads that webinar's people and no others.
CREATE VIEW participant_engagement AS
SELECT
    c.source,
    i.connection_id,
    c.name AS connection_name,
    p.webinar_id,
    w.zoom_webinar_id,
    p.instance_id,
    coalesce(i.topic, w.topic) AS topic,
    p.id AS participant_id,
    p.participant_uuid,
    p.participant_name,
    p.email,
    p.matched_by,
    p.first_join_time,
    p.last_leave_time,
    round(p.attended_seconds / 60.0, 1) AS attended_minutes,
    round(100 * m.attended_share, 1) AS attended_share,
    round(m.minutes_late, 1) AS minutes_late,
    round(m.minutes_left_early, 1) AS minutes_left_early,
    coalesce(m.minutes_left_early <= 5, false) AS stayed_to_end,
    m.rejoins,
    e.attendance_points,
    e.punctuality_points,
    e.staying_points,
    e.continuity_points,
    e.attendance_points + e.punctuality_points + e.staying_points + e.continuity_points AS engagement_score
FROM zoom_participants p
JOIN zoom_webinar_instances i ON i.id = p.instance_id
JOIN zoom_webinars w ON w.id = p.webinar_id
JOIN sync_connections c ON c.source = 'zoom' AND c.connection_id = i.connection_id
LEFT JOIN zoom_instance_statistics s ON s.instance_id = i.id
-- Not instance_statistics(): it would be called once a person. The look at everybody in the instance is for one that has
-- neither numbers nor times.
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            s.began_at, i.start_time, (SELECT min(o.first_join_time) FROM zoom_participants o WHERE o.instance_id = i.id)
        ) AS began_at,
        coalesce(
            s.ended_at, i.end_time, i.start_time + make_interval(mins => nullif(greatest(i.duration_minutes, 0), 0)),
            (SELECT max(o.last_leave_time) FROM zoom_participants o WHERE o.instance_id = i.id)
        ) AS ended_at
    OFFSET 0  -- once an instance: merged into what follows, it would be asked anew for each person, and that many times over
) t
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN t.ended_at > t.began_at THEN least(p.attended_seconds / extract(epoch FROM t.ended_at - t.began_at), 1) END AS attended_share,
        -- greatest() alone would take an unknown time for an early one.
        CASE WHEN p.first_join_time IS NOT NULL AND t.began_at IS NOT NULL THEN
            greatest(extract(epoch FROM p.first_join_time - t.began_at) / 60, 0)
        END AS minutes_late,
        CASE WHEN p.last_leave_time IS NOT NULL AND t.ended_at IS NOT NULL THEN
            greatest(extract(epoch FROM t.ended_at - p.last_leave_time) / 60, 0)
        END AS minutes_left_early,
        CASE WHEN p.session_count > 1 THEN (
            SELECT greatest(count(*) - 1, 0)
            FROM (
                SELECT unnest(range_agg(tstzrange(a.join_time, a.end_time)))
                FROM attended_sessions a
                WHERE a.participant_id = p.id AND a.join_time < a.end_time
            ) part
        ) ELSE 0 END AS rejoins
) m
CROSS JOIN LATERAL (
    SELECT
        round(60 * coalesce(m.attended_share, 0), 1) AS attendance_points,
        round(15 * coalesce(least(greatest((30 - m.minutes_late) / 25, 0), 1), 0), 1) AS punctuality_points,
        round(15 * coalesce(least(greatest((30 - m.minutes_left_early) / 25, 0), 1), 0), 1) AS staying_points,
        round(greatest(10 - 2.5 * m.rejoins, 0) * coalesce(m.attended_share, 0), 1) AS continuity_points
) e
WHERE p.role = 'attendee' AND p.session_count > 0;
COMMENT ON VIEW participant_engagement IS 'One row per attendee who was let in, per instance, with a score of 0 to 100 and the parts that it is the sum of. Ask for one webinar_id or instance_id: then only its people are read. Shows names and e-mails: not for monitors.';
COMMENT ON COLUMN participant_engagement.attended_minutes IS 'Minutes covered by at least one session: two devices at once count once.';
COMMENT ON COLUMN participant_engagement.attended_share IS 'Per cent of the instance''s length (began_at to ended_at of instance_attendance_analytics), at most 100; null where its length is not known.';
COMMENT ON COLUMN participant_engagement.minutes_late IS 'First join after the start, in minutes; 0 for who came earlier; null where no time is known.';
COMMENT ON COLUMN participant_engagement.minutes_left_early IS 'Last leave before the end, in minutes; 0 for who stayed longer; null where no time is known.';
COMMENT ON COLUMN participant_engagement.stayed_to_end IS 'The last leave is at most five minutes before the end.';
COMMENT ON COLUMN participant_engagement.rejoins IS 'How often the person came back after having been away; a second device at the same time is no rejoin.';
COMMENT ON COLUMN participant_engagement.attendance_points IS '0 to 60: the attended share.';
COMMENT ON COLUMN participant_engagement.punctuality_points IS '0 to 15: all for a join up to 5 minutes after the start, evenly fewer down to none at 30 minutes.';
COMMENT ON COLUMN participant_engagement.staying_points IS '0 to 15: all for a leave up to 5 minutes before the end, evenly fewer down to none at 30 minutes.';
COMMENT ON COLUMN participant_engagement.continuity_points IS '0 to 10: 10 less 2.5 for each rejoin, times the attended share, so that a short visit is not called an uninterrupted one.';
COMMENT ON COLUMN participant_engagement.engagement_score IS '0 to 100: the sum of the four kinds of points.';
