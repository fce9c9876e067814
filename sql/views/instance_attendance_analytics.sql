-- A stored number where there is one, worked out where not: right at once after an upgrade, and fast after the first run.
CREATE VIEW instance_attendance_analytics AS
SELECT
    c.source,
    i.connection_id,
    c.name AS connection_name,
    i.webinar_id,
    w.zoom_webinar_id,
    i.id AS instance_id,
    i.uuid,
    coalesce(i.topic, w.topic) AS topic,
    i.start_time,
    i.end_time,
    i.duration_minutes,
    n.began_at,
    n.ended_at,
    w.duration AS planned_minutes,
    i.attendance_source,
    coalesce(r.sync_status, 'unread') AS sync_status,
    n.registrants,
    n.registrants_pending,
    n.registrants_denied,
    n.registrants_attended,
    round(100.0 * n.registrants_attended / nullif(n.registrants, 0), 1) AS attendance_rate,
    n.registrants - n.registrants_attended AS absentees,
    n.attendees AS actual_participant_count,
    round(n.attended_seconds / 60.0, 1) AS attended_minutes,
    round(n.attended_seconds / 60.0 / nullif(n.attendees, 0), 1) AS average_attended_minutes,
    round(n.median_attended_seconds::numeric / 60, 1) AS median_attended_minutes,
    n.rejoiners,
    n.rejoins,
    round(100.0 * n.rejoiners / nullif(n.attendees, 0), 1) AS rejoiner_share,
    n.peak_concurrency,
    n.peak_at,
    n.stayed_to_end,
    round(100.0 * n.stayed_to_end / nullif(n.attendees, 0), 1) AS stayed_to_end_share,
    n.hosts,
    n.panelists,
    n.never_let_in,
    n.sessions,
    i.participants_count AS zoom_participants_count,
    i.unique_viewers AS zoom_unique_viewers,
    i.max_concurrent_views AS zoom_max_concurrent_views,
    i.total_minutes AS zoom_total_minutes
FROM zoom_webinar_instances i
JOIN zoom_webinars w ON w.id = i.webinar_id
JOIN sync_connections c ON c.source = 'zoom' AND c.connection_id = i.connection_id
LEFT JOIN zoom_instance_reads r ON r.instance_id = i.id
LEFT JOIN zoom_instance_statistics s ON s.instance_id = i.id
LEFT JOIN LATERAL instance_statistics(CASE WHEN s.instance_id IS NULL THEN i.id END) f ON true
CROSS JOIN LATERAL (
    SELECT
        coalesce(s.began_at, f.began_at) AS began_at,
        coalesce(s.ended_at, f.ended_at) AS ended_at,
        coalesce(s.registrants, f.registrants) AS registrants,
        coalesce(s.registrants_pending, f.registrants_pending) AS registrants_pending,
        coalesce(s.registrants_denied, f.registrants_denied) AS registrants_denied,
        coalesce(s.registrants_attended, f.registrants_attended) AS registrants_attended,
        coalesce(s.attendees, f.attendees) AS attendees,
        coalesce(s.attended_seconds, f.attended_seconds) AS attended_seconds,
        coalesce(s.median_attended_seconds, f.median_attended_seconds) AS median_attended_seconds,
        coalesce(s.rejoiners, f.rejoiners) AS rejoiners,
        coalesce(s.rejoins, f.rejoins) AS rejoins,
        coalesce(s.peak_concurrency, f.peak_concurrency) AS peak_concurrency,
        coalesce(s.peak_at, f.peak_at) AS peak_at,
        coalesce(s.stayed_to_end, f.stayed_to_end) AS stayed_to_end,
        coalesce(s.hosts, f.hosts) AS hosts,
        coalesce(s.panelists, f.panelists) AS panelists,
        coalesce(s.never_let_in, f.never_let_in) AS never_let_in,
        coalesce(s.sessions, f.sessions) AS sessions
) n;
COMMENT ON VIEW instance_attendance_analytics IS 'One row per time a webinar ran: who registered, who came, how long. People let in only; host and panelists apart; no name, no e-mail.';
COMMENT ON COLUMN instance_attendance_analytics.start_time IS 'As Zoom states it. began_at and ended_at are what the numbers go by.';
COMMENT ON COLUMN instance_attendance_analytics.began_at IS 'start_time; where there is none, the first join.';
COMMENT ON COLUMN instance_attendance_analytics.ended_at IS 'end_time; else start and duration; else the last leave.';
COMMENT ON COLUMN instance_attendance_analytics.planned_minutes IS 'The webinar''s planned length, beside duration_minutes, the real one.';
COMMENT ON COLUMN instance_attendance_analytics.attendance_source IS 'report (the participant report) or past_webinars (the fallback); null: no attendance was read.';
COMMENT ON COLUMN instance_attendance_analytics.sync_status IS 'complete; provisional (the report was not whole yet: the numbers may grow); unread (never read, or Zoom refused: see sync_known_gaps).';
COMMENT ON COLUMN instance_attendance_analytics.registrants IS 'Approved registrants of the webinar, the same for each of its instances: the denominator of attendance_rate.';
COMMENT ON COLUMN instance_attendance_analytics.registrants_attended IS 'Approved registrants for whom somebody was let in with their registrant_id or e-mail: the numerator of attendance_rate.';
COMMENT ON COLUMN instance_attendance_analytics.attendance_rate IS 'Per cent: registrants_attended of registrants; null where nobody registered.';
COMMENT ON COLUMN instance_attendance_analytics.absentees IS 'Approved registrants who did not come: registrants - registrants_attended.';
COMMENT ON COLUMN instance_attendance_analytics.actual_participant_count IS 'Distinct people with the role attendee who were let in, registered or not. Host and panelists are counted apart.';
COMMENT ON COLUMN instance_attendance_analytics.attended_minutes IS 'Sum over the attendees of the minutes covered by at least one session.';
COMMENT ON COLUMN instance_attendance_analytics.average_attended_minutes IS 'Minutes covered by at least one session, per attendee: two devices at once count once.';
COMMENT ON COLUMN instance_attendance_analytics.median_attended_minutes IS 'Half of the attendees were there for longer than this.';
COMMENT ON COLUMN instance_attendance_analytics.rejoiners IS 'Attendees who were away in between and came back. A second device at the same time is no rejoin.';
COMMENT ON COLUMN instance_attendance_analytics.rejoins IS 'How often attendees came back.';
COMMENT ON COLUMN instance_attendance_analytics.rejoiner_share IS 'Per cent: rejoiners of actual_participant_count.';
COMMENT ON COLUMN instance_attendance_analytics.peak_concurrency IS 'Most attendees present at one moment, each once, however many devices.';
COMMENT ON COLUMN instance_attendance_analytics.peak_at IS 'The first moment at which so many were present.';
COMMENT ON COLUMN instance_attendance_analytics.stayed_to_end IS 'Attendees whose last leave is at most five minutes before ended_at.';
COMMENT ON COLUMN instance_attendance_analytics.stayed_to_end_share IS 'Per cent: stayed_to_end of actual_participant_count.';
COMMENT ON COLUMN instance_attendance_analytics.never_let_in IS 'People of whom only waiting-room or superseded sessions are known: counted nowhere else.';
COMMENT ON COLUMN instance_attendance_analytics.sessions IS 'Join-to-leave rows that count (not in the waiting room, not superseded), of everybody.';
COMMENT ON COLUMN instance_attendance_analytics.zoom_participants_count IS 'Zoom''s own count, of joins rather than people. sync_reconciliation says what the difference means.';
COMMENT ON COLUMN instance_attendance_analytics.zoom_unique_viewers IS 'Zoom''s own count of people who watched.';
COMMENT ON COLUMN instance_attendance_analytics.zoom_max_concurrent_views IS 'Zoom''s own peak.';
COMMENT ON COLUMN instance_attendance_analytics.zoom_total_minutes IS 'Zoom''s own sum of minutes, the host included.';
