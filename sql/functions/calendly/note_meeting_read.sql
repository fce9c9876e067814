-- Written only when it differs: reading the same again is no news.
CREATE FUNCTION note_meeting_read(p_meeting_id bigint)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO calendly_meeting_reads AS d (meeting_id, event_updated_at, invitees_total, invitees_active)
    SELECT m.id, m.event_updated_at, m.invitees_total, m.invitees_active
    FROM meetings m
    LEFT JOIN calendly_meeting_reads o ON o.meeting_id = m.id
    WHERE m.id = p_meeting_id AND (
        o.meeting_id IS NULL OR (o.event_updated_at, o.invitees_total, o.invitees_active)
            IS DISTINCT FROM (m.event_updated_at, m.invitees_total, m.invitees_active)
    )
    ON CONFLICT (meeting_id) DO UPDATE SET
        event_updated_at = excluded.event_updated_at, invitees_total = excluded.invitees_total, invitees_active = excluded.invitees_active
$$;
COMMENT ON FUNCTION note_meeting_read(bigint) IS 'Record as which version of its event a meeting''s invitees were read.';
