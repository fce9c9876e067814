-- What runs now, one row a run: the first thing to look at when somebody asks whether it still works.
CREATE VIEW sync_monitoring_view AS
SELECT
    r.source,
    r.connection_id,
    c.name AS connection_name,
    r.id AS run_id,
    r.mode,
    r.status,
    r.current_phase,
    r.progress_percentage,
    r.message,
    r.rows_fetched,
    r.rows_expected,
    round(nullif(r.rows_fetched, 0) / nullif(extract(epoch FROM now() - r.started_at), 0), 1) AS rows_per_second,
    CASE WHEN r.estimated_end_at IS NOT NULL THEN greatest(0, round(extract(epoch FROM r.estimated_end_at - now())))::bigint END AS seconds_left,
    r.estimated_end_at,
    r.started_at,
    r.heartbeat_at,
    now() - r.heartbeat_at AS heartbeat_age,
    life.silent_since,
    extract(epoch FROM now() - life.silent_since) / 60 >= coalesce(t.critical, 60) AS is_stale,
    queue.workers,
    r.instances_done,
    r.instances_queued,
    r.items_done,
    r.items_queued,
    queue.depth AS queue_depth,
    queue.oldest_at AS oldest_queue_item_at,
    r.waiting_until,
    r.waiting_reason,
    (SELECT coalesce(sum(e.occurrences), 0)::bigint FROM sync_error_logs e WHERE e.run_id = r.id) AS errors_so_far,
    r.airflow_dag_id,
    r.airflow_run_id
FROM sync_runs r
JOIN sync_connections c ON c.source = r.source AND c.connection_id = r.connection_id
LEFT JOIN sync_health_thresholds t ON t.check_name = 'stale_run'
CROSS JOIN LATERAL (
    SELECT CASE r.status WHEN 'waiting' THEN greatest(r.heartbeat_at, r.waiting_until) ELSE r.heartbeat_at END AS silent_since
) life
CROSS JOIN LATERAL (
    SELECT
        count(*) AS depth,
        min(q.created_at) AS oldest_at,
        count(DISTINCT q.worker) FILTER (WHERE q.lease_expires_at > now()) AS workers
    FROM webinar_sync_queue q
    WHERE q.run_id = r.id AND q.status IN ('queued', 'leased')
) queue
WHERE r.status IN ('running', 'waiting');
COMMENT ON VIEW sync_monitoring_view IS 'Live runs, running or waiting: how far, how fast, how long still, and whether anybody works on them. No row: nothing runs.';
COMMENT ON COLUMN sync_monitoring_view.status IS 'running, or waiting: parked until waiting_until, no worker held.';
COMMENT ON COLUMN sync_monitoring_view.progress_percentage IS '0 to 100, never backwards.';
COMMENT ON COLUMN sync_monitoring_view.rows_fetched IS 'Participant rows staged so far, duplicates included; of Calendly the invitees read.';
COMMENT ON COLUMN sync_monitoring_view.rows_expected IS 'Rows that the source stated for the lists begun so far.';
COMMENT ON COLUMN sync_monitoring_view.rows_per_second IS 'rows_fetched by the seconds since the run started, waits included; null before the first row.';
COMMENT ON COLUMN sync_monitoring_view.seconds_left IS 'Until estimated_end_at, 0 where that has passed; null where nothing can be said yet.';
COMMENT ON COLUMN sync_monitoring_view.heartbeat_age IS 'Since the last sign of life of any task of the run.';
COMMENT ON COLUMN sync_monitoring_view.silent_since IS 'Last sign of life; of a parked run the end of its wait, if that is later, so it may lie ahead.';
COMMENT ON COLUMN sync_monitoring_view.is_stale IS 'Silent for as long as the critical threshold of stale_run (an hour): check_stale_syncs() would end it.';
COMMENT ON COLUMN sync_monitoring_view.workers IS 'Workers that hold a living lease. 0 is normal outside phase fetch, and while a run waits.';
COMMENT ON COLUMN sync_monitoring_view.instances_done IS 'Instances (of Calendly: lists of invitees) that the current phase has done with, of instances_queued.';
COMMENT ON COLUMN sync_monitoring_view.items_done IS 'Lists read to their end or refused, of items_queued.';
COMMENT ON COLUMN sync_monitoring_view.queue_depth IS 'Lists that are still to be fetched or just being fetched.';
COMMENT ON COLUMN sync_monitoring_view.oldest_queue_item_at IS 'When the oldest of these was queued.';
COMMENT ON COLUMN sync_monitoring_view.errors_so_far IS 'Errors logged for the run, each time that one came counted; most are tried again.';
