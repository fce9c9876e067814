-- Whether syncs get slower or fail more often, day by day: a trend is seen in a table, not in a single run.
CREATE VIEW sync_performance_analytics AS
SELECT
    c.source,
    c.connection_id,
    c.name AS connection_name,
    r.mode,
    (r.started_at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS runs,
    count(*) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps')) AS succeeded,
    count(*) FILTER (WHERE r.status = 'failed') AS failed,
    count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
    round(
        100.0 * count(*) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps'))
        / nullif(count(*) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps', 'failed')), 0), 1
    ) AS success_rate,
    avg(r.finished_at - r.started_at) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps')) AS average_duration,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY r.finished_at - r.started_at)
        FILTER (WHERE r.status IN ('completed', 'completed_with_gaps')) AS median_duration,
    max(r.finished_at - r.started_at) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps')) AS longest_duration,
    sum(r.rows_fetched)::bigint AS rows_fetched,
    round(
        sum(r.rows_fetched) FILTER (WHERE r.finished_at IS NOT NULL)
        / nullif(sum(extract(epoch FROM r.finished_at - r.started_at)) FILTER (WHERE r.finished_at IS NOT NULL), 0), 1
    ) AS rows_per_second,
    sum(r.pages_fetched)::bigint AS pages_fetched
FROM sync_runs r
JOIN sync_connections c ON c.source = r.source AND c.connection_id = r.connection_id
GROUP BY c.source, c.connection_id, c.name, r.mode, day;
COMMENT ON VIEW sync_performance_analytics IS 'Runs by connection, mode and day (UTC) of their start: outcome, duration, throughput.';
COMMENT ON COLUMN sync_performance_analytics.runs IS 'All that started on that day, active ones included.';
COMMENT ON COLUMN sync_performance_analytics.succeeded IS 'Completed, with gaps or without.';
COMMENT ON COLUMN sync_performance_analytics.success_rate IS 'Per cent: succeeded by succeeded and failed; cancelled and active runs are left out. Null: none ended so.';
COMMENT ON COLUMN sync_performance_analytics.average_duration IS 'Start to end of the successful runs, waits for limits included; likewise median_duration and longest_duration.';
COMMENT ON COLUMN sync_performance_analytics.rows_fetched IS 'Participant rows staged, duplicates included; of Calendly the invitees read.';
COMMENT ON COLUMN sync_performance_analytics.rows_per_second IS 'rows_fetched of the ended runs by the sum of their durations, waits included.';
