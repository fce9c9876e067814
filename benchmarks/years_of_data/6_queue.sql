-- The lists of the last runs, the big connection's queue of about 5,000 at work, and rows on their way.

INSERT INTO webinar_sync_queue (
    run_id, kind, webinar_id, instance_id, status, attempts, priority, list_source, pages, rows_fetched, total_records,
    rows_distinct, sessions_unchanged, created_at, started_at, updated_at
)
SELECT
    r.id, 'participants', i.webinar_id, i.id,
    CASE WHEN r.finished_at IS NOT NULL THEN CASE r.status WHEN 'failed' THEN 'abandoned' ELSE 'done' END WHEN n <= 40 THEN 'fetched' ELSE 'queued' END,
    1, 1, 'report', CASE r.status WHEN 'failed' THEN 0 ELSE 4 END, 1000, 1000, 1000, 1000, r.started_at, r.started_at, r.heartbeat_at
FROM size
JOIN sync_runs r ON r.id > size.runs - size.runs_with_queue
JOIN (SELECT connection_id, array_agg(id ORDER BY id) AS ids FROM zoom_webinar_instances GROUP BY connection_id) c
    ON c.connection_id = r.connection_id
CROSS JOIN LATERAL generate_series(1, least(size.items_a_run, cardinality(c.ids))) n
JOIN zoom_webinar_instances i ON i.id = c.ids[1 + (n + r.id) % cardinality(c.ids)]
WHERE r.connection_id <> 1 OR r.finished_at IS NOT NULL
ORDER BY r.id, n;

INSERT INTO webinar_sync_queue (
    run_id, kind, variant, webinar_id, instance_id, status, worker, fencing_token, lease_expires_at, heartbeat_at, attempts,
    priority, list_source, pages, rows_fetched, total_records, created_at
)
SELECT
    r.id, l.kind, l.variant, l.webinar_id, l.instance_id, s.status,
    CASE s.status WHEN 'leased' THEN 'worker-' || s.no % 4 END,
    CASE s.status WHEN 'leased' THEN nextval('webinar_sync_fencing_tokens') END,
    CASE s.status WHEN 'leased' THEN now() + interval '2 hours' END, CASE s.status WHEN 'leased' THEN now() END,
    CASE s.status WHEN 'queued' THEN 0 ELSE 1 END, l.priority, CASE WHEN l.kind = 'participants' AND s.status <> 'queued' THEN 'report' END,
    CASE s.status WHEN 'queued' THEN 0 ELSE 1 END, CASE s.status WHEN 'queued' THEN 0 ELSE 300 END,
    CASE s.status WHEN 'queued' THEN NULL ELSE 300 END, r.started_at
FROM sync_runs r
CROSS JOIN LATERAL (
    SELECT kind, variant, w.id AS webinar_id, NULL::bigint AS instance_id, 0 AS priority
    FROM zoom_webinars w
    CROSS JOIN (VALUES ('webinar', ''), ('panelists', ''), ('registrants', 'approved'), ('registrants', 'pending'), ('registrants', 'denied')) k (kind, variant)
    WHERE w.connection_id = r.connection_id
    UNION ALL
    SELECT 'participants', '', i.webinar_id, i.id, 1 FROM zoom_webinar_instances i WHERE i.connection_id = r.connection_id
) l
CROSS JOIN LATERAL (
    SELECT
        coalesce(l.instance_id, l.webinar_id) AS no,
        CASE
            WHEN l.kind <> 'participants' THEN 'done'
            WHEN l.instance_id % 100 = 0 THEN 'leased'
            WHEN l.instance_id % 10 = 0 THEN 'fetched'
            ELSE 'queued'
        END AS status
) s
WHERE r.connection_id = 1 AND r.finished_at IS NULL
ORDER BY l.priority, l.instance_id, l.webinar_id;

INSERT INTO zoom_participant_staging (item_id, list_no, row_no, name, email, join_time, leave_time, duration, status)
SELECT q.id, 0, n, 'Person ' || n, 'person-' || n || '@example.com', now() - interval '1 hour', now(), 3600, 'in_meeting'
FROM webinar_sync_queue q
CROSS JOIN generate_series(1, 300) n
WHERE q.kind = 'participants' AND q.status IN ('leased', 'fetched') AND q.run_id IN (SELECT id FROM sync_runs WHERE finished_at IS NULL);
