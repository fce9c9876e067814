-- A stored number where there is one, worked out where not: right at once after an upgrade, and fast after the first run.
CREATE VIEW webinar_attendance_analytics AS
SELECT
    c.source,
    w.connection_id,
    c.name AS connection_name,
    w.id AS webinar_id,
    w.zoom_webinar_id,
    w.topic,
    w.start_time,
    i.first_start_time,
    i.last_start_time,
    i.instances,
    i.complete_instances,
    i.provisional_instances,
    i.instances - i.complete_instances - i.provisional_instances AS unread_instances,
    n.registrants,
    n.registrants_pending,
    n.registrants_denied,
    n.registrants_attended,
    round(100.0 * n.registrants_attended / nullif(n.registrants, 0), 1) AS attendance_rate,
    n.registrants - n.registrants_attended AS absentees,
    n.attendees AS actual_participant_count,
    n.attendances,
    round(n.attended_seconds / 60.0, 1) AS attended_minutes,
    round(n.attended_seconds / 60.0 / nullif(n.attendances, 0), 1) AS average_attended_minutes,
    round(n.median_attended_seconds::numeric / 60, 1) AS median_attended_minutes,
    n.rejoiners,
    n.rejoins,
    round(100.0 * n.rejoiners / nullif(n.attendances, 0), 1) AS rejoiner_share,
    n.peak_concurrency,
    n.peak_at,
    n.stayed_to_end,
    round(100.0 * n.stayed_to_end / nullif(n.attendances, 0), 1) AS stayed_to_end_share,
    n.hosts,
    n.panelists,
    n.never_let_in,
    n.sessions
FROM zoom_webinars w
JOIN sync_connections c ON c.source = 'zoom' AND c.connection_id = w.connection_id
LEFT JOIN zoom_webinar_statistics s ON s.webinar_id = w.id
LEFT JOIN LATERAL webinar_statistics(CASE WHEN s.webinar_id IS NULL THEN w.id END) f ON true
CROSS JOIN LATERAL (
    SELECT
        count(*) AS instances,
        count(*) FILTER (WHERE r.sync_status = 'complete') AS complete_instances,
        count(*) FILTER (WHERE r.sync_status = 'provisional') AS provisional_instances,
        min(t.start_time) AS first_start_time,
        max(t.start_time) AS last_start_time
    FROM zoom_webinar_instances t
    LEFT JOIN zoom_instance_reads r ON r.instance_id = t.id
    WHERE t.webinar_id = w.id
) i
CROSS JOIN LATERAL (
    SELECT
        coalesce(s.registrants, f.registrants) AS registrants,
        coalesce(s.registrants_pending, f.registrants_pending) AS registrants_pending,
        coalesce(s.registrants_denied, f.registrants_denied) AS registrants_denied,
        coalesce(s.registrants_attended, f.registrants_attended) AS registrants_attended,
        coalesce(s.attendees, f.attendees) AS attendees,
        coalesce(s.attendances, f.attendances) AS attendances,
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
COMMENT ON VIEW webinar_attendance_analytics IS 'One row per webinar, over all times it ran: who registered, who came, how long. People let in only; host and panelists apart; no name, no e-mail.';
COMMENT ON COLUMN webinar_attendance_analytics.start_time IS 'The planned start, as the webinar''s settings have it; first_start_time and last_start_time are those of its instances.';
COMMENT ON COLUMN webinar_attendance_analytics.instances IS 'How many times it ran: complete, provisional and unread together.';
COMMENT ON COLUMN webinar_attendance_analytics.provisional_instances IS 'Instances whose report was not whole yet: the numbers may grow.';
COMMENT ON COLUMN webinar_attendance_analytics.unread_instances IS 'Instances whose attendance was never read, or refused (see sync_known_gaps): missing in all numbers here.';
COMMENT ON COLUMN webinar_attendance_analytics.registrants IS 'Approved registrants: the denominator of attendance_rate. Zero where the webinar takes no registrations, or expired before they were read.';
COMMENT ON COLUMN webinar_attendance_analytics.registrants_attended IS 'Approved registrants for whom somebody was let in to at least one instance with their registrant_id or e-mail: the numerator of attendance_rate.';
COMMENT ON COLUMN webinar_attendance_analytics.attendance_rate IS 'Per cent: registrants_attended of registrants; null where nobody registered.';
COMMENT ON COLUMN webinar_attendance_analytics.absentees IS 'Approved registrants who came to no instance: registrants - registrants_attended.';
COMMENT ON COLUMN webinar_attendance_analytics.actual_participant_count IS 'Distinct people with the role attendee who were let in, registered or not; who came to three instances counts once. Over instances, people are the same when they share a registrant_id, an e-mail or a participant_user_id; a person without any counts once an instance. Host and panelists are counted apart.';
COMMENT ON COLUMN webinar_attendance_analytics.attendances IS 'Attendees summed over the instances: who came to three counts three times.';
COMMENT ON COLUMN webinar_attendance_analytics.attended_minutes IS 'Sum over the attendances of the minutes covered by at least one session.';
COMMENT ON COLUMN webinar_attendance_analytics.average_attended_minutes IS 'Minutes covered by at least one session, per attendance: two devices at once count once.';
COMMENT ON COLUMN webinar_attendance_analytics.median_attended_minutes IS 'Half of the attendances lasted longer than this.';
COMMENT ON COLUMN webinar_attendance_analytics.rejoiners IS 'Attendances of people who were away in between and came back. A second device at the same time is no rejoin.';
COMMENT ON COLUMN webinar_attendance_analytics.rejoins IS 'How often attendees came back.';
COMMENT ON COLUMN webinar_attendance_analytics.rejoiner_share IS 'Per cent: rejoiners of attendances.';
COMMENT ON COLUMN webinar_attendance_analytics.peak_concurrency IS 'Most attendees present at one moment in any instance, each once, however many devices.';
COMMENT ON COLUMN webinar_attendance_analytics.peak_at IS 'The first moment at which so many were present.';
COMMENT ON COLUMN webinar_attendance_analytics.stayed_to_end IS 'Attendances whose last leave is at most five minutes before the instance''s end (end_time; else start and duration; else the last leave).';
COMMENT ON COLUMN webinar_attendance_analytics.stayed_to_end_share IS 'Per cent: stayed_to_end of attendances.';
COMMENT ON COLUMN webinar_attendance_analytics.hosts IS 'Distinct people let in with the role host.';
COMMENT ON COLUMN webinar_attendance_analytics.panelists IS 'Distinct people let in with the role panelist. Where the webinar''s id expired before its panelists were read, they count as attendees.';
COMMENT ON COLUMN webinar_attendance_analytics.never_let_in IS 'People of whom only waiting-room or superseded sessions are known, summed over the instances: counted nowhere else.';
COMMENT ON COLUMN webinar_attendance_analytics.sessions IS 'Join-to-leave rows that count (not in the waiting room, not superseded), of everybody.';
