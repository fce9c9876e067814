-- Invitees cost a call an event, so they are read only where something may have changed: the event or its counters since their
-- last read, or it ended in the last days, when no-shows, payments and notes come in without a mark. A full run reads all.
CREATE FUNCTION enqueue_invitees(p_run_id bigint, p_recent interval)
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH added AS (
        INSERT INTO webinar_sync_queue (run_id, kind, priority, meeting_id)
        SELECT r.id, 'invitees', 2, m.id
        FROM sync_runs r
        JOIN meetings m ON m.user_id = r.connection_id
        LEFT JOIN calendly_meeting_reads d ON d.meeting_id = m.id
        WHERE r.id = p_run_id AND r.source = 'calendly' AND hold_run(r.id, NULL)
            AND m.start_time >= r.window_from AND m.start_time < r.window_to
            AND m.missing_since IS NULL
            AND m.invitees_total IS DISTINCT FROM 0
            AND (
                r.mode = 'full'
                OR d.meeting_id IS NULL
                OR (d.event_updated_at, d.invitees_total, d.invitees_active)
                    IS DISTINCT FROM (m.event_updated_at, m.invitees_total, m.invitees_active)
                OR (m.end_time >= r.started_at - p_recent AND m.end_time < r.started_at)
            )
        ORDER BY m.start_time DESC, m.id
        ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$$;
COMMENT ON FUNCTION enqueue_invitees(bigint, interval) IS 'Queue the meetings of a run''s window whose invitees are to be read; p_recent: how long after its end a meeting''s invitees are read again each time. Returns how many were new.';
