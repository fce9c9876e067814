-- Three years of bookings through Calendly: one user with four fifths of 20,000 meetings, two with the rest, 25,000 invitees. Every
-- tenth booking is moved once or more, every twelfth is canceled, every fifteenth of those held is a no-show.

INSERT INTO users (
    email, calendly_user_uri, calendly_organization_uri, calendly_role, calendly_token_encrypted, last_calendly_sync,
    calendly_initial_sync_complete, calendly_connected_at
)
SELECT
    CASE n WHEN 1 THEN 'many' ELSE 'few-' || n - 1 END || '@example.com', 'https://api.calendly.com/users/user-' || n,
    'https://api.calendly.com/organizations/organization-1', 'user', 'not a secret', now() - interval '1 hour', true,
    now() - interval '3 years'
FROM generate_series(1, 3) n;

-- A chain is a booking with the dates that it had: `hops` of them are no more, and each next one was made when it moved.
CREATE TEMPORARY TABLE booking AS
SELECT
    n AS no,
    c.hops,
    CASE WHEN n % 10 < 8 THEN 1 ELSE 2 + n % 2 END AS user_id,
    pg_temp.pick(n, 31, 12) AS event_type,
    date_trunc('hour', now()) + interval '60 days' - n * (interval '1155 days' / size.bookings) AS start_time,
    n % 12 = 5 AS is_canceled,
    -- A few are group events, in which a person more or two came.
    CASE WHEN n % 8 = 0 THEN 2 + n % 5 ELSE 1 END AS seats
FROM (SELECT greatest(600, 17000 * current_setting('bench.scale')::numeric)::integer AS bookings) size
CROSS JOIN LATERAL generate_series(1, size.bookings) n
CROSS JOIN LATERAL (SELECT CASE WHEN n % 8 = 0 OR n % 10 <> 1 THEN 0 ELSE 1 + pg_temp.pick(n, 30, 3) END AS hops) c;

-- A meeting for each date. Numbers are ids: the tables are empty, and rows go in by number.
CREATE TEMPORARY TABLE booked_date AS
SELECT
    row_number() OVER (ORDER BY b.no, hop) AS meeting_id, b.*, hop,
    'https://api.calendly.com/scheduled_events/event-' || b.no || '-' AS uri_of_any,
    hop < b.hops OR b.is_canceled AS is_over,
    b.start_time - make_interval(days => 2 * (b.hops - hop)) AS held_at,
    b.start_time - make_interval(days => 9 + b.hops - hop) AS booked_at
FROM booking b
CROSS JOIN LATERAL generate_series(0, b.hops) hop;

INSERT INTO meetings (
    user_id, uri, name, status, start_time, end_time, event_type_uri, location_type, invitees_total, invitees_active,
    hosts, canceled_at, canceler_type, event_created_at, event_updated_at, synced_via_webhook, missing_since, missing_reason,
    created_at, updated_at
)
SELECT
    d.user_id, d.uri_of_any || d.hop, 'Meeting of kind ' || d.event_type, CASE WHEN d.is_over THEN 'canceled' ELSE 'active' END,
    d.held_at, d.held_at + interval '30 minutes', 'https://api.calendly.com/event_types/type-' || d.user_id || '-' || d.event_type,
    'zoom_conference', d.seats, CASE WHEN d.is_over THEN 0 ELSE d.seats END,
    jsonb_build_array(jsonb_build_object(
        'user', 'https://api.calendly.com/users/user-' || d.user_id, 'name', 'Host ' || d.user_id, 'email', 'host-' || d.user_id || '@example.com'
    )),
    CASE WHEN d.is_over THEN d.booked_at + interval '1 day' END, CASE WHEN d.is_over THEN 'invitee' END, d.booked_at, d.booked_at,
    d.no % 2 = 0, CASE WHEN d.no % 500 = 3 THEN now() END, CASE WHEN d.no % 500 = 3 THEN 'gone' END, d.booked_at, d.booked_at
FROM booked_date d
ORDER BY d.meeting_id;

INSERT INTO meeting_invitees (
    uri, meeting_id, event_uri, email, name, status, timezone, rescheduled, old_invitee_uri, new_invitee_uri, canceled_at,
    canceler_type, no_show_uri, no_show_at, invitee_created_at, invitee_updated_at, synced_via_webhook, created_at, updated_at
)
SELECT
    d.uri_of_any || d.hop || i.seat, d.meeting_id, d.uri_of_any || d.hop, format('person-%s-%s@example.com', d.no, seat_no),
    'Person ' || d.no, CASE WHEN d.is_over THEN 'canceled' ELSE 'active' END, 'Europe/Berlin', d.hop < d.hops,
    CASE WHEN d.hop > 0 THEN d.uri_of_any || d.hop - 1 || i.seat END,
    CASE WHEN d.hop < d.hops THEN d.uri_of_any || d.hop + 1 || i.seat END,
    CASE WHEN d.is_over THEN d.booked_at + interval '1 day' END, CASE WHEN d.is_over THEN 'invitee' END,
    CASE WHEN i.is_no_show THEN format('https://api.calendly.com/invitee_no_shows/no-show-%s-%s', d.no, seat_no) END,
    CASE WHEN i.is_no_show THEN d.held_at + interval '1 hour' END, d.booked_at, d.booked_at, d.no % 2 = 0, d.booked_at, d.booked_at
FROM booked_date d
CROSS JOIN LATERAL generate_series(1, d.seats) seat_no
CROSS JOIN LATERAL (
    SELECT
        '/invitees/invitee-' || seat_no AS seat,
        NOT d.is_over AND d.held_at < now() - interval '1 hour' AND d.no % 15 = 7 AS is_no_show
) i
ORDER BY d.meeting_id, seat_no;

INSERT INTO calendly_meeting_reads (meeting_id, event_updated_at, invitees_total, invitees_active)
SELECT id, event_updated_at, invitees_total, invitees_active FROM meetings;

INSERT INTO calendly_webhook_subscriptions (user_id, public_id, uri, callback_url, scope, events, state, checked_at)
SELECT
    id, 'public-' || id, 'https://api.calendly.com/webhook_subscriptions/subscription-' || id,
    'https://example.com/rollcall/webhooks/calendly/public-' || id, 'user', '{invitee.created,invitee.canceled}', 'active', now()
FROM users;

INSERT INTO calendly_webhook_refusals (subscription_id, reason, day, refusals)
SELECT s.id, 'too_old', (now() AT TIME ZONE 'UTC')::date - d, 2
FROM calendly_webhook_subscriptions s CROSS JOIN generate_series(0, 300, 10) d;

INSERT INTO calendly_webhook_events (
    subscription_id, user_id, event_type, delivery_key, payload_uri, raw_body, sent_at, apply_status, applied_at, created_at, last_seen_at
)
SELECT
    m.user_id, m.user_id, 'invitee.created', 'invitee.created:' || i.uri, i.uri, convert_to(jsonb_build_object('event', 'invitee.created')::text, 'UTF8'),
    i.invitee_created_at, CASE WHEN m.id % 500 = 0 THEN 'failed' ELSE 'applied' END, i.invitee_created_at, i.invitee_created_at, i.invitee_created_at
FROM meeting_invitees i
JOIN meetings m ON m.id = i.meeting_id
WHERE i.synced_via_webhook
ORDER BY i.invitee_created_at;
UPDATE users SET calendly_webhook_enabled = true;

INSERT INTO sync_runs (
    source, connection_id, mode, window_from, window_to, airflow_dag_id, airflow_run_id, status, current_phase, progress_percentage,
    message, items_queued, items_done, meetings_new, meetings_updated, meetings_unchanged, api_calls, heartbeat_at, started_at, finished_at
)
SELECT
    'calendly', 1 + n % 3, 'incremental', at.started_at - interval '3 months', at.started_at + interval '6 months', 'calendly_sync',
    'manual__calendly-' || n, 'completed', 'finish', 100, '4 meetings new', 20, 20, 4, 1, 900, 40, at.ended_at, at.started_at, at.ended_at
FROM size
CROSS JOIN LATERAL generate_series(1, greatest(30, size.runs / 10)) n
CROSS JOIN LATERAL (SELECT now() - n * interval '1 day' AS started_at, now() - n * interval '1 day' + interval '40 seconds' AS ended_at) at
ORDER BY n DESC;
