-- One line an hour, as a chart wants it.
CREATE VIEW sync_monitoring_metrics AS
SELECT
    c.source,
    c.connection_id,
    c.name AS connection_name,
    date_trunc('hour', r.started_at, 'UTC') AS hour,
    count(*) AS runs_started,
    count(*) FILTER (WHERE r.status = 'completed') AS runs_completed,
    count(*) FILTER (WHERE r.status = 'completed_with_gaps') AS runs_with_gaps,
    count(*) FILTER (WHERE r.status = 'failed') AS runs_failed,
    count(*) FILTER (WHERE r.status = 'cancelled') AS runs_cancelled,
    count(*) FILTER (WHERE r.finished_at IS NULL) AS runs_active,
    sum(r.rows_fetched)::bigint AS rows_fetched,
    sum(r.pages_fetched)::bigint AS pages_fetched,
    sum(r.errors)::bigint AS errors,
    round(
        sum(r.rows_fetched) / nullif(sum(extract(epoch FROM coalesce(r.finished_at, now()) - r.started_at)), 0), 1
    ) AS rows_per_second
FROM sync_runs r
JOIN sync_connections c ON c.source = r.source AND c.connection_id = r.connection_id
GROUP BY c.source, c.connection_id, c.name, date_trunc('hour', r.started_at, 'UTC');
COMMENT ON VIEW sync_monitoring_metrics IS 'Runs by connection and hour (UTC) of their start; an hour without a start has no row.';
COMMENT ON COLUMN sync_monitoring_metrics.runs_completed IS 'Of the runs that started in this hour, those that completed without gaps, whenever they ended.';
COMMENT ON COLUMN sync_monitoring_metrics.runs_with_gaps IS 'Likewise with gaps: done, but the source refused something.';
COMMENT ON COLUMN sync_monitoring_metrics.rows_fetched IS 'Participant rows staged (of Calendly: invitees read) by the runs that started in this hour.';
COMMENT ON COLUMN sync_monitoring_metrics.errors IS 'Different errors that they logged, counted when they ended.';
COMMENT ON COLUMN sync_monitoring_metrics.rows_per_second IS 'rows_fetched by the sum of the runs'' durations so far, waits included.';
