-- The same event comes by listing, by its own address and by webhook, in any order and more than once. What is older than the
-- stored row changes nothing, but for one thing: canceled is for good, however late it is heard of.
-- What the API itself gives is whole, so what it leaves empty was taken back; a delivery may lack fields.
CREATE FUNCTION upsert_meetings(p_user_id bigint, p_rows jsonb, p_via_webhook boolean)
RETURNS TABLE (meeting_id bigint, uri text, outcome text, is_newly_canceled boolean)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH given AS (
        -- An event that moved between pages while they were read may be there twice: the younger one counts.
        SELECT DISTINCT ON (r.uri) r.*
        FROM jsonb_populate_recordset(NULL::meetings, p_rows) AS r
        WHERE r.uri IS NOT NULL
        ORDER BY r.uri, r.event_updated_at DESC NULLS LAST
    ),
    merged AS (
        SELECT
            g.uri, m.id,
            CASE WHEN 'canceled' IN (g.status, m.status) THEN 'canceled' ELSE 'active' END AS status,
            g.status = 'canceled' AND m.status IS DISTINCT FROM 'canceled' AS is_newly_canceled,
            coalesce(g.event_updated_at < m.event_updated_at, false) AS is_outdated,
            coalesce(g.name, m.name) AS name,
            coalesce(g.start_time, m.start_time) AS start_time,
            coalesce(g.end_time, m.end_time) AS end_time,
            coalesce(g.event_type_uri, m.event_type_uri) AS event_type_uri,
            CASE WHEN p_via_webhook AND g.location IS NULL THEN m.location_type ELSE g.location_type END AS location_type,
            CASE WHEN p_via_webhook AND g.location IS NULL THEN m.location ELSE g.location END AS location,
            CASE WHEN p_via_webhook AND g.location IS NULL THEN m.join_url ELSE g.join_url END AS join_url,
            coalesce(g.invitees_total, m.invitees_total) AS invitees_total,
            coalesce(g.invitees_active, m.invitees_active) AS invitees_active,
            coalesce(g.invitees_limit, m.invitees_limit) AS invitees_limit,
            coalesce(g.hosts, m.hosts) AS hosts,
            coalesce(g.guests, m.guests) AS guests,
            CASE WHEN p_via_webhook THEN coalesce(g.calendar_kind, m.calendar_kind) ELSE g.calendar_kind END AS calendar_kind,
            CASE WHEN p_via_webhook THEN coalesce(g.calendar_external_id, m.calendar_external_id) ELSE g.calendar_external_id END
                AS calendar_external_id,
            CASE WHEN p_via_webhook THEN coalesce(g.meeting_notes_plain, m.meeting_notes_plain) ELSE g.meeting_notes_plain END
                AS meeting_notes_plain,
            CASE WHEN p_via_webhook THEN coalesce(g.meeting_notes_html, m.meeting_notes_html) ELSE g.meeting_notes_html END
                AS meeting_notes_html,
            coalesce(g.canceled_by, m.canceled_by) AS canceled_by,
            coalesce(g.cancel_reason, m.cancel_reason) AS cancel_reason,
            coalesce(g.canceler_type, m.canceler_type) AS canceler_type,
            coalesce(g.canceled_at, m.canceled_at) AS canceled_at,
            coalesce(g.event_created_at, m.event_created_at) AS event_created_at,
            coalesce(g.event_updated_at, m.event_updated_at) AS event_updated_at,
            CASE WHEN p_via_webhook THEN coalesce(g.other_fields, m.other_fields) ELSE g.other_fields END AS other_fields,
            CASE WHEN p_via_webhook THEN coalesce(g.marks, m.marks) ELSE g.marks END AS marks,
            -- A delivery as old as the stored row is no proof that the event is back.
            p_via_webhook AND NOT coalesce(g.event_updated_at > m.event_updated_at, false) AS stays_missing
        FROM given g
        LEFT JOIN meetings m ON m.uri = g.uri
    ),
    judged AS (
        SELECT
            n.*,
            CASE
                WHEN n.id IS NULL THEN 'new'
                WHEN n.is_outdated THEN CASE
                    WHEN n.is_newly_canceled OR (m.missing_since IS NOT NULL AND NOT n.stays_missing) THEN 'updated'
                    ELSE 'outdated'
                END
                WHEN (
                    m.status, m.missing_since,
                    m.name, m.start_time, m.end_time, m.event_type_uri, m.location_type, m.location, m.join_url,
                    m.invitees_total, m.invitees_active, m.invitees_limit, m.hosts, m.guests, m.calendar_kind,
                    m.calendar_external_id, m.meeting_notes_plain, m.meeting_notes_html, m.canceled_by,
                    m.cancel_reason, m.canceler_type, m.canceled_at, m.event_created_at, m.event_updated_at,
                    m.other_fields, m.marks
                ) IS DISTINCT FROM (
                    n.status, CASE WHEN n.stays_missing THEN m.missing_since END,
                    n.name, n.start_time, n.end_time, n.event_type_uri, n.location_type, n.location, n.join_url,
                    n.invitees_total, n.invitees_active, n.invitees_limit, n.hosts, n.guests, n.calendar_kind,
                    n.calendar_external_id, n.meeting_notes_plain, n.meeting_notes_html, n.canceled_by,
                    n.cancel_reason, n.canceler_type, n.canceled_at, n.event_created_at, n.event_updated_at,
                    n.other_fields, n.marks
                ) THEN 'updated'
                ELSE 'unchanged'
            END AS outcome
        FROM merged n
        LEFT JOIN meetings m ON m.id = n.id
    ),
    written AS (
        INSERT INTO meetings AS t (
            user_id, uri, status, synced_via_webhook,
            name, start_time, end_time, event_type_uri, location_type, location, join_url, invitees_total,
            invitees_active, invitees_limit, hosts, guests, calendar_kind, calendar_external_id, meeting_notes_plain,
            meeting_notes_html, canceled_by, cancel_reason, canceler_type, canceled_at, event_created_at,
            event_updated_at, other_fields, marks
        )
        SELECT
            p_user_id, j.uri, j.status, p_via_webhook,
            j.name, j.start_time, j.end_time, j.event_type_uri, j.location_type, j.location, j.join_url,
            j.invitees_total, j.invitees_active, j.invitees_limit, j.hosts, j.guests, j.calendar_kind,
            j.calendar_external_id, j.meeting_notes_plain, j.meeting_notes_html, j.canceled_by, j.cancel_reason,
            j.canceler_type, j.canceled_at, j.event_created_at, j.event_updated_at, j.other_fields, j.marks
        FROM judged j
        WHERE j.outcome IN ('new', 'updated') AND NOT j.is_outdated
        ORDER BY j.uri
        ON CONFLICT ON CONSTRAINT one_row_per_event DO UPDATE SET
            updated_at = now(),
            -- Whose user can no longer see it passes to who can: or each sync of that user would miss it anew.
            user_id = CASE WHEN t.missing_since IS NULL OR p_via_webhook THEN t.user_id ELSE excluded.user_id END,
            -- Asked again under the row's lock: another writer may have been faster.
            status = CASE WHEN t.status = 'canceled' THEN t.status ELSE excluded.status END,
            missing_since = CASE WHEN p_via_webhook AND t.event_updated_at >= excluded.event_updated_at THEN t.missing_since END,
            missing_reason = CASE WHEN p_via_webhook AND t.event_updated_at >= excluded.event_updated_at THEN t.missing_reason END,
            synced_via_webhook = t.synced_via_webhook OR excluded.synced_via_webhook,
            name = excluded.name,
            start_time = excluded.start_time,
            end_time = excluded.end_time,
            event_type_uri = excluded.event_type_uri,
            location_type = excluded.location_type,
            location = excluded.location,
            join_url = excluded.join_url,
            invitees_total = excluded.invitees_total,
            invitees_active = excluded.invitees_active,
            invitees_limit = excluded.invitees_limit,
            hosts = excluded.hosts,
            guests = excluded.guests,
            calendar_kind = excluded.calendar_kind,
            calendar_external_id = excluded.calendar_external_id,
            meeting_notes_plain = excluded.meeting_notes_plain,
            meeting_notes_html = excluded.meeting_notes_html,
            canceled_by = excluded.canceled_by,
            cancel_reason = excluded.cancel_reason,
            canceler_type = excluded.canceler_type,
            canceled_at = excluded.canceled_at,
            event_created_at = excluded.event_created_at,
            event_updated_at = excluded.event_updated_at,
            other_fields = excluded.other_fields,
            marks = excluded.marks
        WHERE t.event_updated_at IS NULL OR excluded.event_updated_at IS NULL OR t.event_updated_at <= excluded.event_updated_at
        RETURNING t.uri, t.id
    ),
    late AS (
        -- What an old answer still adds to a younger row: that it is canceled, and that it is there.
        UPDATE meetings t SET
            status = j.status, updated_at = now(),
            canceled_by = j.canceled_by, cancel_reason = j.cancel_reason, canceler_type = j.canceler_type, canceled_at = j.canceled_at,
            missing_since = CASE WHEN j.stays_missing THEN t.missing_since END,
            missing_reason = CASE WHEN j.stays_missing THEN t.missing_reason END
        FROM judged j
        WHERE t.id = j.id AND j.is_outdated AND j.outcome = 'updated'
    )
    SELECT coalesce(w.id, j.id, m.id), j.uri, j.outcome, j.is_newly_canceled
    FROM judged j
    LEFT JOIN written w ON w.uri = j.uri
    LEFT JOIN meetings m ON m.uri = j.uri;
END
$$;
COMMENT ON FUNCTION upsert_meetings(bigint, jsonb, boolean) IS 'Store scheduled events from a jsonb array with the columns of meetings as keys, as seen by a user. Returns a row per event: outcome new, updated, unchanged or outdated (the stored row is younger); is_newly_canceled: it was active or unknown before.';
