-- What an exporter needs, as text that it can hand on: no exporter has to know our tables. OpenMetrics 1.0, so each family has
-- its lines together, units end the names, counters end in _total and never go down.
CREATE FUNCTION sync_openmetrics()
RETURNS text
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH health AS MATERIALIZED (
        SELECT h.*, format(
            'source="%s",connection="%s"', h.source,
            replace(replace(replace(h.connection_name, E'\\', E'\\\\'), '"', E'\\"'), E'\n', E'\\n')
        ) AS labels
        FROM sync_connection_health h
    ),
    family (no, name, type, unit, help) AS (
        VALUES
            (1, 'rollcall_connection_status', 'stateset', NULL, 'How the connection fares.'),
            (2, 'rollcall_connection_health_score', 'gauge', NULL, 'From 0 to 100; no sample while unknown.'),
            (3, 'rollcall_last_success_timestamp_seconds', 'gauge', 'seconds', 'When the last successful run ended.'),
            (4, 'rollcall_run_active', 'gauge', NULL, '1 while a run is active.'),
            (5, 'rollcall_run_progress_ratio', 'gauge', 'ratio', 'How far the active run is.'),
            (6, 'rollcall_run_silence_seconds', 'gauge', 'seconds', 'Since the last heartbeat of the active run.'),
            (7, 'rollcall_queue_depth', 'gauge', NULL, 'Lists that the active run has still to fetch.'),
            (8, 'rollcall_open_gaps', 'gauge', NULL, 'What the source would not serve, expected things left out.'),
            (9, 'rollcall_provisional_instances', 'gauge', NULL, 'Instances whose report was not whole when it was read.'),
            (10, 'rollcall_budget_left', 'gauge', NULL, 'Calls of the heavy pool left today; no sample without a cap.'),
            (11, 'rollcall_reconnect_needed', 'gauge', NULL, '1 where the credentials are dead.'),
            (12, 'rollcall_alerts', 'gauge', NULL, 'Rows of sync_alert_conditions by severity.'),
            (13, 'rollcall_runs', 'counter', NULL, 'Runs that ended, by status.'),
            (14, 'rollcall_rows_fetched', 'counter', NULL, 'Participant rows, or invitees of Calendly, fetched by runs that ended.'),
            (15, 'rollcall_pages_fetched', 'counter', NULL, 'Pages fetched by runs that ended.')
    ),
    sample (no, labels, value) AS (
        SELECT 1, format('%s,rollcall_connection_status="%s"', h.labels, s.status), (h.status = s.status)::integer::numeric
        FROM health h
        CROSS JOIN unnest(ARRAY['healthy', 'warning', 'critical', 'unknown']) AS s (status)
        UNION ALL
        SELECT v.no, h.labels, v.value
        FROM health h
        LEFT JOIN sync_monitoring_view l ON l.run_id = h.active_run_id
        CROSS JOIN LATERAL (
            VALUES
                (2, h.health_score::numeric),
                (3, round(extract(epoch FROM h.last_success_at), 3)),
                (4, (h.active_run_id IS NOT NULL)::integer),
                (5, round(h.active_run_progress / 100, 4)),
                (6, round(extract(epoch FROM l.heartbeat_age), 3)),
                (7, h.queue_depth),
                (8, h.open_gaps),
                (9, h.provisional_instances),
                (10, h.budget_left_today),
                (11, (h.reconnect_needed_at IS NOT NULL)::integer)
        ) AS v (no, value)
        UNION ALL
        SELECT 12, format('severity="%s"', s.severity), (SELECT count(*) FROM sync_alert_conditions a WHERE a.severity = s.severity)
        FROM unnest(ARRAY['warning', 'critical']) AS s (severity)
        UNION ALL
        SELECT v.no, format('%s,status="%s"', h.labels, t.status), v.value
        FROM health h
        JOIN sync_run_totals t ON t.source = h.source AND t.connection_id = h.connection_id
        CROSS JOIN LATERAL (VALUES (13, t.runs), (14, t.rows_fetched), (15, t.pages_fetched)) AS v (no, value)
    ),
    line AS (
        SELECT
            f.no,
            concat(
                format(E'# TYPE %s %s\n', f.name, f.type),
                CASE WHEN f.unit IS NOT NULL THEN format(E'# UNIT %s %s\n', f.name, f.unit) END,
                format(E'# HELP %s %s\n', f.name, f.help),
                (
                    SELECT string_agg(
                        format(E'%s%s{%s} %s\n', f.name, CASE f.type WHEN 'counter' THEN '_total' ELSE '' END, s.labels, s.value),
                        '' ORDER BY s.labels
                    )
                    FROM sample s
                    WHERE s.no = f.no AND s.value IS NOT NULL
                )
            ) AS text
        FROM family f
    )
    SELECT string_agg(l.text, '' ORDER BY l.no) || E'# EOF\n' FROM line l
$$;
COMMENT ON FUNCTION sync_openmetrics() IS
'The state of all connections as OpenMetrics 1.0 text, for an exporter to hand on: SELECT sync_openmetrics(); Content-Type application/openmetrics-text; version=1.0.0; charset=utf-8.
Gauges are as of now; counters come from sync_run_totals and never go down, whatever cleanup removes. Labels: source and connection (its name), and status or severity where it counts by them.';
