-- All that a dashboard shows, in one document and one query: consistent in itself, and whole on an empty database.
CREATE VIEW sync_monitoring_component_data AS
SELECT jsonb_build_object(
    'generated_at', now(),
    'connections', (
        SELECT coalesce(jsonb_agg(
            to_jsonb(h) - 'last_success_age' - 'average_duration_24h' - 'average_duration_7d' || jsonb_build_object(
                'last_success_age_seconds', round(extract(epoch FROM h.last_success_age)),
                'average_duration_24h_seconds', round(extract(epoch FROM h.average_duration_24h), 1),
                'average_duration_7d_seconds', round(extract(epoch FROM h.average_duration_7d), 1)
            ) ORDER BY h.source, h.connection_name
        ), '[]')
        FROM sync_connection_health h
    ),
    'live_runs', (
        SELECT coalesce(jsonb_agg(
            to_jsonb(l) - 'heartbeat_age' || jsonb_build_object('heartbeat_age_seconds', round(extract(epoch FROM l.heartbeat_age)))
            ORDER BY l.run_id
        ), '[]')
        FROM sync_monitoring_view l
    ),
    'alerts', (
        SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.severity, a.since, a.connection_id, a.condition), '[]')
        FROM sync_alert_conditions a
    ),
    'recent_runs', (
        SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.run_id DESC), '[]')
        FROM (
            SELECT
                r.id AS run_id, r.source, r.connection_id, c.name AS connection_name, r.mode, r.status, r.started_at, r.finished_at,
                round(extract(epoch FROM r.finished_at - r.started_at), 1) AS duration_seconds,
                r.instances_done, r.rows_fetched, r.gaps, r.provisional, r.errors, r.error_kind, r.error_message
            FROM sync_runs r
            JOIN sync_connections c ON c.source = r.source AND c.connection_id = r.connection_id
            ORDER BY r.id DESC
            LIMIT 20
        ) r
    ),
    'hourly', (
        SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.hour, m.source, m.connection_id), '[]')
        FROM sync_monitoring_metrics m
        WHERE m.hour > date_trunc('hour', now(), 'UTC') - interval '24 hours'
    ),
    'totals', (
        SELECT jsonb_build_object(
            'connections', count(*),
            'healthy', count(*) FILTER (WHERE h.status = 'healthy'),
            'warning', count(*) FILTER (WHERE h.status = 'warning'),
            'critical', count(*) FILTER (WHERE h.status = 'critical'),
            'unknown', count(*) FILTER (WHERE h.status = 'unknown'),
            'live_runs', count(h.active_run_id),
            'open_gaps', coalesce(sum(h.open_gaps), 0),
            'provisional_instances', coalesce(sum(h.provisional_instances), 0),
            'queue_depth', coalesce(sum(h.queue_depth), 0),
            'runs_ended', (SELECT coalesce(sum(t.runs), 0) FROM sync_run_totals t),
            'rows_fetched', (SELECT coalesce(sum(t.rows_fetched), 0) FROM sync_run_totals t)
        )
        FROM sync_connection_health h
    )
) AS data;
COMMENT ON VIEW sync_monitoring_component_data IS 'One row with one JSON document for a dashboard; every list is there, if empty.';
COMMENT ON COLUMN sync_monitoring_component_data.data IS 'generated_at; connections (sync_connection_health), live_runs (sync_monitoring_view), alerts (sync_alert_conditions), recent_runs (the last 20), hourly (sync_monitoring_metrics of 24 hours): lists; totals: an object. Durations are in seconds, times ISO 8601.';
