-- How much of each account there is, and how sure it is.
CREATE VIEW webinar_statistics_by_connection AS
SELECT
    c.source,
    c.connection_id,
    c.name AS connection_name,
    w.webinars,
    w.webinars_pending,
    w.webinars_synced,
    w.webinars_gone,
    a.instances,
    a.complete_instances,
    a.provisional_instances,
    a.unread_instances,
    a.registrants,
    a.attendances,
    a.sessions,
    round(a.attended_minutes / 60, 1) AS attended_hours,
    a.first_start_time,
    a.last_start_time,
    v.comparisons_agree,
    v.comparisons_explained,
    v.comparisons_differ,
    v.comparisons_not_stated
FROM sync_connections c
CROSS JOIN LATERAL (
    SELECT
        count(*) AS webinars,
        count(*) FILTER (WHERE z.sync_status = 'pending') AS webinars_pending,
        count(*) FILTER (WHERE z.sync_status = 'synced') AS webinars_synced,
        count(*) FILTER (WHERE z.sync_status = 'gone') AS webinars_gone
    FROM zoom_webinars z
    WHERE c.source = 'zoom' AND z.connection_id = c.connection_id
) w
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(n.instances), 0)::bigint AS instances,
        coalesce(sum(n.complete_instances), 0)::bigint AS complete_instances,
        coalesce(sum(n.provisional_instances), 0)::bigint AS provisional_instances,
        coalesce(sum(n.unread_instances), 0)::bigint AS unread_instances,
        coalesce(sum(n.registrants), 0)::bigint AS registrants,
        coalesce(sum(n.attendances), 0)::bigint AS attendances,
        coalesce(sum(n.sessions), 0)::bigint AS sessions,
        coalesce(sum(n.attended_minutes), 0) AS attended_minutes,
        min(n.first_start_time) AS first_start_time,
        max(n.last_start_time) AS last_start_time
    FROM webinar_attendance_analytics n
    WHERE n.source = c.source AND n.connection_id = c.connection_id
) a
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE r.verdict = 'agrees') AS comparisons_agree,
        count(*) FILTER (WHERE r.verdict = 'explained') AS comparisons_explained,
        count(*) FILTER (WHERE r.verdict = 'differs') AS comparisons_differ,
        count(*) FILTER (WHERE r.verdict = 'not_stated') AS comparisons_not_stated
    FROM zoom_webinar_instances i
    JOIN zoom_instance_reconciliation r ON r.instance_id = i.id
    WHERE c.source = 'zoom' AND i.connection_id = c.connection_id
) v;
COMMENT ON VIEW webinar_statistics_by_connection IS 'One row per connection: webinars, instances, registrants, attendance, and how our numbers compare with the source''s. Zeros where nothing was synced yet.';
COMMENT ON COLUMN webinar_statistics_by_connection.webinars_pending IS 'Known by their id only.';
COMMENT ON COLUMN webinar_statistics_by_connection.webinars_synced IS 'Their settings were read.';
COMMENT ON COLUMN webinar_statistics_by_connection.webinars_gone IS 'Their id expired at Zoom; what was read stays.';
COMMENT ON COLUMN webinar_statistics_by_connection.unread_instances IS 'Instances whose attendance was never read, or refused: missing in the numbers here.';
COMMENT ON COLUMN webinar_statistics_by_connection.registrants IS 'Approved registrants, summed over the webinars.';
COMMENT ON COLUMN webinar_statistics_by_connection.attendances IS 'Attendees let in, summed over the instances.';
COMMENT ON COLUMN webinar_statistics_by_connection.sessions IS 'Join-to-leave rows that count, of everybody.';
COMMENT ON COLUMN webinar_statistics_by_connection.attended_hours IS 'Hours covered by at least one session, summed over the attendances.';
COMMENT ON COLUMN webinar_statistics_by_connection.comparisons_differ IS 'Comparisons with the source''s own numbers that nothing explains: see sync_reconciliation.';
