-- One big connection with four fifths of everything and three small ones; every seventh webinar is a series.

INSERT INTO zoom_connections (name, account_id, kind, plan, client_id, client_secret_encrypted, token_expires_at, created_at)
SELECT
    CASE n WHEN 1 THEN 'big' ELSE 'small-' || n - 1 END, 'account-' || n, 'server_to_server',
    CASE n WHEN 1 THEN 'business' ELSE 'pro' END, 'client', 'not a secret', now() + interval '30 minutes', now() - interval '3 years'
FROM generate_series(1, 4) n;

-- Numbers are ids: the database is fresh, and rows go in by number.
CREATE TEMPORARY TABLE occasion AS
SELECT
    n AS instance_id,
    CASE WHEN n <= size.webinars THEN n ELSE 7 * (1 + (n - size.webinars - 1) % (size.webinars / 7)) END AS webinar_id,
    date_trunc('hour', now()) - make_interval(hours => 24 + CASE WHEN n % 40 = 0 THEN pg_temp.pick(n, 2, 24 * 14) ELSE pg_temp.pick(n, 1, 24 * 1080) END)
        AS start_time,
    30 + 5 * pg_temp.pick(n, 3, 19) AS minutes
FROM size CROSS JOIN LATERAL generate_series(1, size.instances) n;

INSERT INTO zoom_webinars (
    connection_id, zoom_webinar_id, uuid, host_id, host_email, topic, type, start_time, duration, timezone,
    occurrence_count, recurrence_type, occurrences, approval_type, registration_type, registration_url, sync_status,
    created_at, updated_at
)
SELECT
    CASE WHEN n % 10 < 8 THEN 1 ELSE 2 + n % 3 END, 90000000000 + n, 'webinar-' || n, 'host-' || n % 20,
    'host-' || n % 20 || '@example.com',
    -- A few rows break a rule, as they do in life.
    CASE WHEN n % 50 <> 0 THEN 'Webinar ' || n END,
    CASE WHEN n % 7 = 0 THEN 9 ELSE 5 END, o.start_time, o.minutes, 'Europe/Berlin',
    CASE WHEN n % 7 = 0 THEN o.times END, CASE WHEN n % 7 = 0 THEN 2 END,
    CASE WHEN n % 7 = 0 THEN o.dates END,
    CASE WHEN n % 11 = 0 THEN 2 ELSE 0 END, CASE WHEN n % 7 = 0 THEN 1 END,
    CASE WHEN n % 11 <> 0 THEN 'https://example.com/register/' || n END,
    CASE WHEN n % 60 = 0 THEN 'pending' WHEN o.last_time < now() - interval '30 days' THEN 'gone' ELSE 'synced' END,
    o.start_time, o.last_time
FROM size
CROSS JOIN LATERAL generate_series(1, size.webinars) n
JOIN (
    SELECT
        webinar_id, min(start_time) AS start_time, max(start_time) AS last_time, max(minutes) AS minutes, count(*) AS times,
        jsonb_agg(jsonb_build_object('occurrence_id', instance_id::text, 'start_time', start_time)) AS dates
    FROM occasion
    GROUP BY webinar_id
) o ON o.webinar_id = n
ORDER BY n;

INSERT INTO zoom_webinar_reads (webinar_id, read_at)
SELECT id, updated_at FROM zoom_webinars WHERE sync_status <> 'pending';

INSERT INTO zoom_panelists (connection_id, webinar_id, panelist_id, email, name)
SELECT w.connection_id, w.id, 'panelist-' || w.id || '-' || n, 'panelist-' || w.id || '-' || n || '@example.com', 'Panelist ' || n
FROM zoom_webinars w CROSS JOIN generate_series(1, 3) n;

CREATE TEMPORARY TABLE registered AS
SELECT
    w.id AS webinar_id,
    (size.registrants * (1 + pg_temp.pick(w.id, 4, 9)) / sum(1 + pg_temp.pick(w.id, 4, 9)) OVER ())::integer AS registrants
FROM size CROSS JOIN zoom_webinars w
WHERE w.approval_type <> 2;

INSERT INTO zoom_registrants (connection_id, webinar_id, registrant_id, email, first_name, last_name, status, registered_at)
SELECT
    w.connection_id, w.id, 'registrant-' || w.id || '-' || n, 'person-' || w.id || '-' || n || '@example.com', 'Person', n::text,
    CASE WHEN n % 20 = 0 THEN 'denied' WHEN n % 10 = 0 THEN 'pending' ELSE 'approved' END, w.start_time - interval '3 days'
FROM registered r
JOIN zoom_webinars w ON w.id = r.webinar_id
CROSS JOIN LATERAL generate_series(1, r.registrants) n;
