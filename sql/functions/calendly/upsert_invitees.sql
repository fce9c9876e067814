-- An invitee is created once and canceled once, but may be heard of in any order and more than once: canceled never becomes
-- active again, and what is older than the stored row changes nothing else. A no-show can be taken back; a delivery that was
-- made before the mark does not know of it, and updated_at need not have moved with it.
CREATE FUNCTION upsert_invitees(p_rows jsonb, p_via_webhook boolean)
RETURNS TABLE (uri text, outcome text)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH given AS (
        SELECT DISTINCT ON (r.uri) r.*
        FROM jsonb_populate_recordset(NULL::meeting_invitees, p_rows) AS r
        WHERE r.uri IS NOT NULL
        ORDER BY r.uri, r.invitee_updated_at DESC NULLS LAST, r.status = 'canceled' DESC
    ),
    merged AS (
        SELECT
            g.uri, m.uri IS NOT NULL AS is_stored,
            coalesce(e.id, m.meeting_id) AS meeting_id,
            CASE WHEN 'canceled' IN (g.status, m.status) THEN 'canceled' ELSE 'active' END AS status,
            g.status = 'canceled' AND m.status = 'active' AS is_newly_canceled,
            coalesce(g.invitee_updated_at < m.invitee_updated_at, false) AS is_outdated,
            CASE k.no_show WHEN 'given' THEN g.no_show_uri WHEN 'stored' THEN m.no_show_uri END AS no_show_uri,
            CASE k.no_show WHEN 'given' THEN g.no_show_at WHEN 'stored' THEN m.no_show_at END AS no_show_at,
            coalesce(g.event_uri, m.event_uri) AS event_uri,
            coalesce(g.email, m.email) AS email,
            coalesce(g.name, m.name) AS name,
            coalesce(g.first_name, m.first_name) AS first_name,
            coalesce(g.last_name, m.last_name) AS last_name,
            coalesce(g.timezone, m.timezone) AS timezone,
            coalesce(g.questions_and_answers, m.questions_and_answers) AS questions_and_answers,
            coalesce(g.tracking, m.tracking) AS tracking,
            CASE WHEN p_via_webhook THEN coalesce(g.text_reminder_number, m.text_reminder_number) ELSE g.text_reminder_number END
                AS text_reminder_number,
            coalesce(g.rescheduled, m.rescheduled) AS rescheduled,
            coalesce(g.old_invitee_uri, m.old_invitee_uri) AS old_invitee_uri,
            coalesce(g.new_invitee_uri, m.new_invitee_uri) AS new_invitee_uri,
            coalesce(g.canceled_by, m.canceled_by) AS canceled_by,
            coalesce(g.cancel_reason, m.cancel_reason) AS cancel_reason,
            coalesce(g.canceler_type, m.canceler_type) AS canceler_type,
            coalesce(g.canceled_at, m.canceled_at) AS canceled_at,
            coalesce(g.payment, m.payment) AS payment,
            coalesce(g.reconfirmation, m.reconfirmation) AS reconfirmation,
            coalesce(g.routing_form_submission_uri, m.routing_form_submission_uri) AS routing_form_submission_uri,
            coalesce(g.scheduling_method, m.scheduling_method) AS scheduling_method,
            coalesce(g.invitee_scheduled_by, m.invitee_scheduled_by) AS invitee_scheduled_by,
            coalesce(g.invitee_created_at, m.invitee_created_at) AS invitee_created_at,
            coalesce(g.invitee_updated_at, m.invitee_updated_at) AS invitee_updated_at,
            CASE WHEN p_via_webhook THEN coalesce(g.other_fields, m.other_fields) ELSE g.other_fields END AS other_fields,
            CASE WHEN p_via_webhook THEN coalesce(g.marks, m.marks) ELSE g.marks END AS marks
        FROM given g
        LEFT JOIN meeting_invitees m ON m.uri = g.uri
        LEFT JOIN meetings e ON e.uri = g.event_uri
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN g.no_show_uri IS NOT NULL AND (g.no_show_uri = m.no_show_removed_uri OR is_no_show_taken_back(g.no_show_uri))
                    THEN CASE WHEN m.no_show_uri <> g.no_show_uri THEN 'stored' ELSE 'none' END
                WHEN p_via_webhook AND m.no_show_uri IS NOT NULL
                    AND NOT coalesce(m.no_show_at < coalesce(g.no_show_at, g.invitee_updated_at), false) THEN 'stored'
                ELSE 'given'
            END AS no_show
        ) k
    ),
    judged AS (
        SELECT
            n.*,
            CASE
                WHEN NOT n.is_stored THEN 'new'
                WHEN n.is_outdated THEN CASE
                    WHEN n.is_newly_canceled
                        OR (m.old_invitee_uri, m.new_invitee_uri) IS DISTINCT FROM (
                            coalesce(m.old_invitee_uri, n.old_invitee_uri), coalesce(m.new_invitee_uri, n.new_invitee_uri)
                        ) THEN 'updated'
                    ELSE 'outdated'
                END
                WHEN (
                    m.meeting_id, m.status,
                    m.event_uri, m.email, m.name, m.first_name, m.last_name, m.timezone, m.questions_and_answers,
                    m.tracking, m.text_reminder_number, m.rescheduled, m.old_invitee_uri, m.new_invitee_uri,
                    m.canceled_by, m.cancel_reason, m.canceler_type, m.canceled_at, m.payment, m.reconfirmation,
                    m.routing_form_submission_uri, m.scheduling_method, m.invitee_scheduled_by, m.invitee_created_at,
                    m.invitee_updated_at, m.other_fields, m.marks, m.no_show_uri, m.no_show_at
                ) IS DISTINCT FROM (
                    n.meeting_id, n.status,
                    n.event_uri, n.email, n.name, n.first_name, n.last_name, n.timezone, n.questions_and_answers,
                    n.tracking, n.text_reminder_number, n.rescheduled, n.old_invitee_uri, n.new_invitee_uri,
                    n.canceled_by, n.cancel_reason, n.canceler_type, n.canceled_at, n.payment, n.reconfirmation,
                    n.routing_form_submission_uri, n.scheduling_method, n.invitee_scheduled_by, n.invitee_created_at,
                    n.invitee_updated_at, n.other_fields, n.marks, n.no_show_uri, n.no_show_at
                ) THEN 'updated'
                ELSE 'unchanged'
            END AS outcome
        FROM merged n
        LEFT JOIN meeting_invitees m ON m.uri = n.uri
    ),
    written AS (
        INSERT INTO meeting_invitees AS t (
            uri, meeting_id, status, synced_via_webhook,
            event_uri, email, name, first_name, last_name, timezone, questions_and_answers, tracking,
            text_reminder_number, rescheduled, old_invitee_uri, new_invitee_uri, canceled_by, cancel_reason,
            canceler_type, canceled_at, payment, reconfirmation, routing_form_submission_uri, scheduling_method,
            invitee_scheduled_by, invitee_created_at, invitee_updated_at, other_fields, marks, no_show_uri, no_show_at
        )
        SELECT
            j.uri, j.meeting_id, j.status, p_via_webhook,
            j.event_uri, j.email, j.name, j.first_name, j.last_name, j.timezone, j.questions_and_answers, j.tracking,
            j.text_reminder_number, j.rescheduled, j.old_invitee_uri, j.new_invitee_uri, j.canceled_by,
            j.cancel_reason, j.canceler_type, j.canceled_at, j.payment, j.reconfirmation,
            j.routing_form_submission_uri, j.scheduling_method, j.invitee_scheduled_by, j.invitee_created_at,
            j.invitee_updated_at, j.other_fields, j.marks, j.no_show_uri, j.no_show_at
        FROM judged j
        WHERE j.outcome IN ('new', 'updated') AND NOT j.is_outdated
        ORDER BY j.uri
        ON CONFLICT ON CONSTRAINT meeting_invitees_pkey DO UPDATE SET
            updated_at = now(),
            meeting_id = coalesce(excluded.meeting_id, t.meeting_id),
            -- Asked again under the row's lock: another writer may have been faster.
            status = CASE WHEN t.status = 'canceled' THEN t.status ELSE excluded.status END,
            synced_via_webhook = t.synced_via_webhook OR excluded.synced_via_webhook,
            event_uri = excluded.event_uri,
            email = excluded.email,
            name = excluded.name,
            first_name = excluded.first_name,
            last_name = excluded.last_name,
            timezone = excluded.timezone,
            questions_and_answers = excluded.questions_and_answers,
            tracking = excluded.tracking,
            text_reminder_number = excluded.text_reminder_number,
            rescheduled = excluded.rescheduled,
            old_invitee_uri = excluded.old_invitee_uri,
            new_invitee_uri = excluded.new_invitee_uri,
            canceled_by = excluded.canceled_by,
            cancel_reason = excluded.cancel_reason,
            canceler_type = excluded.canceler_type,
            canceled_at = excluded.canceled_at,
            payment = excluded.payment,
            reconfirmation = excluded.reconfirmation,
            routing_form_submission_uri = excluded.routing_form_submission_uri,
            scheduling_method = excluded.scheduling_method,
            invitee_scheduled_by = excluded.invitee_scheduled_by,
            invitee_created_at = excluded.invitee_created_at,
            invitee_updated_at = excluded.invitee_updated_at,
            other_fields = excluded.other_fields,
            marks = excluded.marks,
            no_show_uri = excluded.no_show_uri,
            no_show_at = excluded.no_show_at
        WHERE t.invitee_updated_at IS NULL OR excluded.invitee_updated_at IS NULL
            OR t.invitee_updated_at <= excluded.invitee_updated_at
    ),
    late AS (
        -- What an old delivery still adds to a younger row: that it is canceled, and its links.
        UPDATE meeting_invitees t SET
            updated_at = now(),
            status = j.status,
            rescheduled = coalesce(t.rescheduled OR j.rescheduled, t.rescheduled, j.rescheduled),
            old_invitee_uri = coalesce(t.old_invitee_uri, j.old_invitee_uri),
            new_invitee_uri = coalesce(t.new_invitee_uri, j.new_invitee_uri),
            canceled_by = coalesce(t.canceled_by, j.canceled_by),
            cancel_reason = coalesce(t.cancel_reason, j.cancel_reason),
            canceler_type = coalesce(t.canceler_type, j.canceler_type),
            canceled_at = coalesce(t.canceled_at, j.canceled_at)
        FROM judged j
        WHERE t.uri = j.uri AND j.is_outdated AND j.outcome = 'updated'
    )
    SELECT j.uri, j.outcome FROM judged j;
END
$$;
COMMENT ON FUNCTION upsert_invitees(jsonb, boolean) IS 'Store invitees from a jsonb array with the columns of meeting_invitees as keys; their meetings should be stored already. Returns a row per invitee: outcome new, updated, unchanged or outdated (the stored row is younger).';
