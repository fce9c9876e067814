-- The verdict on each connection, and how it comes about: a score that can't be taken apart is not believed.
CREATE VIEW sync_connection_health AS
WITH alerts AS (
    SELECT
        a.source, a.connection_id, count(*) AS number, min(a.severity) AS worst,
        -- What explains the others comes first: dead credentials, then a run that nobody works on.
        (array_agg(a.action ORDER BY
            a.severity, a.condition = 'reconnect_needed' DESC, a.condition = 'stale_run' DESC, a.since, a.condition
        ))[1] AS action,
        bool_or(a.condition = 'stale_run' AND a.severity = 'critical' OR a.condition = 'reconnect_needed') AS is_dead,
        count(*) FILTER (WHERE a.condition IN ('stale_run', 'queue_idle', 'budget_spent')) AS hindrances,
        bool_or(a.condition = 'open_gaps') AS has_gaps,
        bool_or(a.condition = 'provisional_age') AS is_provisional,
        bool_or(a.condition = 'reconciliation_differs') AS differs
    FROM sync_alert_conditions a
    GROUP BY a.source, a.connection_id
),
judged AS (
    SELECT
        f.*, a.number, a.action AS alert_action, a.is_dead, a.hindrances, a.has_gaps, a.is_provisional, a.differs,
        extract(epoch FROM now() - f.last_success_at) / 3600 AS success_hours,
        f.succeeded_7d + f.failed_7d AS ended_7d,
        CASE
            WHEN NOT f.is_active OR f.first_run_at IS NULL THEN 'unknown'
            WHEN a.worst IS NOT NULL THEN a.worst
            WHEN f.last_success_at IS NULL AND f.last_failure_at IS NULL THEN 'unknown'
            ELSE 'healthy'
        END AS status
    FROM sync_connection_facts f
    LEFT JOIN alerts a ON a.source = f.source AND a.connection_id = f.connection_id
)
SELECT
    j.source,
    j.connection_id,
    j.connection_name,
    j.status,
    p.freshness_points + p.success_points + p.completeness_points + p.liveness_points AS health_score,
    p.freshness_points,
    p.success_points,
    p.completeness_points,
    p.liveness_points,
    j.last_success_at,
    now() - j.last_success_at AS last_success_age,
    j.last_error,
    j.last_error_kind,
    j.last_failure_at AS last_error_at,
    round(100.0 * j.succeeded_24h / nullif(j.succeeded_24h + j.failed_24h, 0), 1) AS success_rate_24h,
    round(100.0 * j.succeeded_7d / nullif(j.ended_7d, 0), 1) AS success_rate_7d,
    j.average_duration_24h,
    j.average_duration_7d,
    j.active_run_id,
    j.active_run_progress,
    j.is_stale::integer AS stale_runs,
    j.open_gaps,
    j.provisional_instances,
    j.queue_depth,
    j.oldest_queue_item_at,
    j.is_active,
    j.token_expires_at,
    j.reconnect_needed_at,
    j.budget_left_today,
    coalesce(j.number, 0) AS alerts,
    CASE
        WHEN NOT j.is_active THEN format(
            'It is switched off, no run starts for it. To switch it on: rollcall %s activate %s',
            CASE j.source WHEN 'zoom' THEN 'connection' ELSE j.source END, j.connection_name
        )
        WHEN j.number > 1 THEN format('%s (%s more: SELECT * FROM sync_alert_conditions WHERE connection_name = %L;)', j.alert_action, j.number - 1, j.connection_name)
        WHEN j.number = 1 THEN j.alert_action
        WHEN j.active_run_id IS NOT NULL THEN format('Nothing: run %s is at %s %%. How far it is: SELECT * FROM sync_monitoring_view;', j.active_run_id, j.active_run_progress)
        WHEN j.first_run_at IS NULL THEN format('It never ran. Press Trigger in Airflow, or: rollcall sync %s %s --mode full --follow', j.source, j.connection_name)
        WHEN j.status = 'unknown' THEN format('No run has come to its own end yet: rollcall sync %s %s --mode full --follow', j.source, j.connection_name)
        ELSE 'Nothing.'
    END AS action
FROM judged j
LEFT JOIN sync_health_thresholds age ON age.check_name = 'success_age'
LEFT JOIN LATERAL (
    SELECT
        CASE
            WHEN j.last_success_at IS NULL THEN 0
            WHEN coalesce(j.success_hours < least(age.warning, age.critical), true) THEN 30
            WHEN j.success_hours >= age.critical THEN 0
            WHEN age.critical < 'Infinity' THEN coalesce(round(30 * (age.critical - j.success_hours) / nullif(age.critical - age.warning, 0)), 15)
            ELSE 15
        END::integer AS freshness_points,
        CASE
            WHEN j.ended_7d > 0 THEN round(30.0 * j.succeeded_7d / j.ended_7d)
            WHEN j.last_success_at > coalesce(j.last_failure_at, '-infinity') THEN 30
            ELSE 0
        END::integer AS success_points,
        25 - 10 * coalesce(j.has_gaps, false)::integer - 5 * coalesce(j.is_provisional, false)::integer
            - 10 * coalesce(j.differs, false)::integer AS completeness_points,
        CASE WHEN j.is_dead THEN 0 ELSE greatest(0, 15 - 5 * coalesce(j.hindrances, 0)) END::integer AS liveness_points
) p ON j.status <> 'unknown';
COMMENT ON VIEW sync_connection_health IS 'One row a connection: how it fares, by which points, and what to do. get_sync_health_status() answers by id or name from it.';
COMMENT ON COLUMN sync_connection_health.status IS 'critical or warning: the worst of its rows in sync_alert_conditions; healthy: none; unknown: switched off, or no run has ended by itself yet.';
COMMENT ON COLUMN sync_connection_health.health_score IS '0 to 100, the sum of the four parts; null where the status is unknown.';
COMMENT ON COLUMN sync_connection_health.freshness_points IS '0 to 30: 30 up to the warning threshold of success_age, from there down to 0 at the critical one; 0 where no run ever succeeded.';
COMMENT ON COLUMN sync_connection_health.success_points IS '0 to 30: share of successful runs in 7 days; where none ended, 30 if the last run succeeded, else 0.';
COMMENT ON COLUMN sync_connection_health.completeness_points IS '0 to 25: less 10 for open gaps, 5 for instances that are provisional for long, 10 for numbers that differ from the source''s own; each as its alert says.';
COMMENT ON COLUMN sync_connection_health.liveness_points IS '0 to 15: 0 with dead credentials or a run that is critically silent; else less 5 each for a silent run, an idle queue, a spent budget.';
COMMENT ON COLUMN sync_connection_health.last_success_at IS 'When the last run that completed, with gaps or without, ended.';
COMMENT ON COLUMN sync_connection_health.last_error IS 'What the run that failed last said, whether or not another one has succeeded since.';
COMMENT ON COLUMN sync_connection_health.success_rate_24h IS 'Per cent of the runs that ended in the last 24 hours and completed, with gaps or without; cancelled runs are left out. Null: none ended.';
COMMENT ON COLUMN sync_connection_health.success_rate_7d IS 'Likewise for the last 7 days.';
COMMENT ON COLUMN sync_connection_health.average_duration_24h IS 'Start to end, waits for limits included, of the successful runs that ended in the last 24 hours.';
COMMENT ON COLUMN sync_connection_health.average_duration_7d IS 'Likewise for the last 7 days.';
COMMENT ON COLUMN sync_connection_health.stale_runs IS 'Active runs, one at most, that check_stale_syncs() would end now.';
COMMENT ON COLUMN sync_connection_health.open_gaps IS 'What the source would not serve, expected things left out: see sync_known_gaps.';
COMMENT ON COLUMN sync_connection_health.provisional_instances IS 'Instances whose report was not whole when it was read, and that deltas read again.';
COMMENT ON COLUMN sync_connection_health.queue_depth IS 'Lists that the active run has still to fetch.';
COMMENT ON COLUMN sync_connection_health.token_expires_at IS 'When the stored access token ends. The next call that needs one renews it: an old date is no fault.';
COMMENT ON COLUMN sync_connection_health.reconnect_needed_at IS 'Since when the source calls the credentials dead: a person must connect again.';
COMMENT ON COLUMN sync_connection_health.budget_left_today IS 'Calls of the heavy pool that rollcall may still make today (UTC); null: no cap.';
COMMENT ON COLUMN sync_connection_health.alerts IS 'Rows that it has in sync_alert_conditions.';
COMMENT ON COLUMN sync_connection_health.action IS 'What to do, for the worst of them.';
