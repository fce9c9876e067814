-- As which version the event stood before its invitees were asked for: a change that came in meanwhile is read again the next time.
-- Written only when it differs: reading the same again is no news.
CREATE FUNCTION note_meeting_read(
    p_meeting_id bigint,
    p_event_updated_at timestamptz,
    p_invitees_total integer,
    p_invitees_active integer
)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO calendly_meeting_reads AS d (meeting_id, event_updated_at, invitees_total, invitees_active)
    SELECT n.*
    FROM (VALUES (p_meeting_id, p_event_updated_at, p_invitees_total, p_invitees_active))
        AS n (meeting_id, event_updated_at, invitees_total, invitees_active)
    LEFT JOIN calendly_meeting_reads o ON o.meeting_id = n.meeting_id
    WHERE o.meeting_id IS NULL OR (o.event_updated_at, o.invitees_total, o.invitees_active)
        IS DISTINCT FROM (n.event_updated_at, n.invitees_total, n.invitees_active)
    ON CONFLICT (meeting_id) DO UPDATE SET
        event_updated_at = excluded.event_updated_at, invitees_total = excluded.invitees_total, invitees_active = excluded.invitees_active
$$;
COMMENT ON FUNCTION note_meeting_read(bigint, timestamptz, integer, integer) IS 'Record as which version of its event a meeting''s invitees were read.';
