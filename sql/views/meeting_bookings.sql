-- A reschedule makes a new invitee under a new event: two rows, one meeting. Here a chain of reschedules is one row, its last
-- known link. A link leads to what was booked later: whatever goes round in a circle has a last one all the same.
CREATE VIEW meeting_bookings AS
SELECT
    i.uri AS invitee_uri,
    m.id AS meeting_id,
    m.user_id,
    m.event_type_uri,
    m.name AS event_name,
    m.hosts,
    m.start_time,
    m.end_time,
    CASE
        WHEN i.status = 'canceled' AND i.rescheduled THEN 'rescheduled'
        WHEN 'canceled' IN (i.status, m.status) THEN 'canceled'
        WHEN m.missing_since IS NOT NULL THEN 'missing'
        WHEN coalesce(m.end_time, m.start_time) > now() THEN 'upcoming'
        WHEN i.no_show_at IS NOT NULL THEN 'no_show'
        ELSE 'held'
    END AS outcome,
    chain.reschedules,
    chain.first_booked_at,
    i.canceled_at,
    coalesce(i.canceler_type, m.canceler_type) AS canceler_type
FROM meeting_invitees i
JOIN meetings m ON m.id = i.meeting_id
CROSS JOIN LATERAL (
    WITH RECURSIVE link AS (
        SELECT i.uri, i.old_invitee_uri, i.invitee_created_at, 0 AS hop
        UNION
        SELECT o.uri, o.old_invitee_uri, o.invitee_created_at, l.hop + 1
        FROM link l
        JOIN meeting_invitees o ON o.uri = l.old_invitee_uri OR o.new_invitee_uri = l.uri
        WHERE l.hop < 100 AND o.uri <> l.uri AND NOT coalesce(o.invitee_created_at > l.invitee_created_at, false)
    )
    SELECT max(l.hop) AS reschedules, min(l.invitee_created_at) AS first_booked_at FROM link l
) chain
WHERE NOT EXISTS (
    SELECT FROM meeting_invitees n
    WHERE (n.uri = i.new_invitee_uri OR n.old_invitee_uri = i.uri) AND n.uri <> i.uri AND n.meeting_id IS NOT NULL
        AND NOT coalesce(n.invitee_created_at < i.invitee_created_at, false)
);
COMMENT ON VIEW meeting_bookings IS 'One row per booking of a person: a chain of reschedules counts once, as its last known link. Of the invitee it holds the address at Calendly alone, no name.';
COMMENT ON COLUMN meeting_bookings.invitee_uri IS 'meeting_invitees.uri of the last known link, where the name is.';
COMMENT ON COLUMN meeting_bookings.hosts IS 'Array of {user, email, name}.';
COMMENT ON COLUMN meeting_bookings.outcome IS 'upcoming; held (ended, not marked as a no-show); no_show; canceled; rescheduled (canceled for a new date that is not known here yet); missing (Calendly no longer serves the event).';
COMMENT ON COLUMN meeting_bookings.reschedules IS 'How often it was moved, as far as the earlier links are stored.';
COMMENT ON COLUMN meeting_bookings.first_booked_at IS 'When the first link of the chain was booked.';
COMMENT ON COLUMN meeting_bookings.canceler_type IS 'host or invitee; of the person''s cancellation, or else of the whole meeting''s.';
