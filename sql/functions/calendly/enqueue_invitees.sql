-- Invitees cost a call an event, so they are read only where something may have changed: the event or its counters since their
-- last read, or it ended since the last sync or in the days before, when no-shows, payments and notes come in without a mark. What
-- could not be read the last time is asked for again. A full run reads all.
CREATE FUNCTION enqueue_invitees(p_run_id bigint, p_recent interval)
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH seen AS (
        SELECT m.id AS meeting_id
        FROM sync_runs r
        JOIN meetings m ON m.user_id = r.connection_id AND m.start_time >= r.window_from AND m.start_time < r.window_to
        WHERE r.id = p_run_id
        UNION
        -- Events that another user made known are read by whoever sees them.
        SELECT n.meeting_id
        FROM calendly_listing_slices s
        CROSS JOIN LATERAL unnest(s.listed) AS n (meeting_id)
        WHERE s.run_id = p_run_id
        UNION
        -- What a run that failed left unread, and a list that was refused, may lie where no incremental window reaches.
        SELECT m.id
        FROM sync_runs r
        JOIN meetings m ON m.user_id = r.connection_id
        LEFT JOIN calendly_meeting_reads d ON d.meeting_id = m.id
        LEFT JOIN sync_gaps g
            ON g.source = 'calendly' AND g.connection_id = r.connection_id AND g.object_kind = 'invitees'
            AND g.object_key = substring(m.uri FROM '[^/]+$') AND g.closed_at IS NULL
        WHERE r.id = p_run_id AND r.mode = 'incremental'
            AND CASE
                WHEN g.id IS NOT NULL THEN g.recheck_at <= now()
                ELSE m.start_time >= r.started_at - interval '2 years'
                    AND (d.event_updated_at, d.invitees_total, d.invitees_active)
                        IS DISTINCT FROM (m.event_updated_at, m.invitees_total, m.invitees_active)
            END
    ),
    added AS (
        INSERT INTO webinar_sync_queue (run_id, kind, priority, meeting_id)
        SELECT r.id, 'invitees', 2, m.id
        FROM sync_runs r
        JOIN users u ON u.id = r.connection_id
        CROSS JOIN seen s
        JOIN meetings m ON m.id = s.meeting_id
        LEFT JOIN calendly_meeting_reads d ON d.meeting_id = m.id
        WHERE r.id = p_run_id AND r.source = 'calendly' AND hold_run(r.id, NULL)
            AND m.uri IS NOT NULL AND m.missing_since IS NULL
            AND m.invitees_total IS DISTINCT FROM 0
            AND (
                r.mode = 'full'
                OR d.meeting_id IS NULL
                OR (d.event_updated_at, d.invitees_total, d.invitees_active)
                    IS DISTINCT FROM (m.event_updated_at, m.invitees_total, m.invitees_active)
                OR (m.end_time >= least(r.started_at, u.last_calendly_sync) - p_recent AND m.end_time < r.started_at)
                OR EXISTS (
                    SELECT FROM sync_gaps g
                    WHERE g.source = 'calendly' AND g.connection_id = r.connection_id AND g.object_kind = 'invitees'
                        AND g.object_key = substring(m.uri FROM '[^/]+$') AND g.closed_at IS NULL
                )
            )
        ORDER BY m.start_time DESC, m.id
        ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$$;
COMMENT ON FUNCTION enqueue_invitees(bigint, interval) IS 'Queue the meetings of a run''s window whose invitees are to be read, for an incremental one also what was left unread outside its window; p_recent: how long after its end a meeting''s invitees are read again each time, counted from the last sync. Returns how many were new.';
