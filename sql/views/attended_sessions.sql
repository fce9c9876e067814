-- Which sessions count, and until when, is said here for everything that asks after the fact; total_people() says the same
-- of rows on their way.
CREATE VIEW attended_sessions AS
SELECT
    s.participant_id,
    s.session_id,
    s.instance_id,
    s.webinar_id,
    s.join_time,
    CASE
        WHEN s.leave_time >= s.join_time THEN s.leave_time
        WHEN s.duration > 0 THEN s.join_time + make_interval(secs => s.duration)
    END AS end_time
FROM zoom_participant_sessions s
WHERE s.superseded_at IS NULL AND s.status IS DISTINCT FROM 'in_waiting_room';
COMMENT ON VIEW attended_sessions IS 'Sessions that count: not in the waiting room, not superseded.';
COMMENT ON COLUMN attended_sessions.end_time IS 'The leave time; where it is missing or before the join, the join and the duration; null where that is not known either.';
