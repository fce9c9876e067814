-- Three years of runs that ended, a few of them badly, and at their end: the big connection's at work, one that waits for
-- tomorrow's budget, one that died hours ago, and one connection where all is well.

CREATE TEMPORARY TABLE run_plan AS
SELECT
    n AS no,
    CASE WHEN now_at_work THEN n - size.runs + 3 WHEN dice < 55 THEN 1 ELSE 2 + dice % 3 END AS connection_id,
    CASE WHEN n % 20 = 0 OR now_at_work THEN 'full' WHEN n % 20 = 1 THEN 'date_range' WHEN n % 50 = 2 THEN 'webinars' ELSE 'delta' END AS mode,
    CASE
        WHEN now_at_work THEN CASE n - size.runs WHEN -1 THEN 'waiting' ELSE 'running' END
        WHEN pg_temp.pick(n, 11, 100) < 3 THEN 'failed'
        WHEN pg_temp.pick(n, 11, 100) < 4 THEN 'cancelled'
        WHEN pg_temp.pick(n, 11, 100) < 10 THEN 'completed_with_gaps'
        ELSE 'completed'
    END AS status,
    CASE n - size.runs
        WHEN 0 THEN now() - interval '5 hours' WHEN -1 THEN now() - interval '50 minutes' WHEN -2 THEN now() - interval '10 minutes'
        ELSE now() - interval '12 hours' - (size.runs - n) * (interval '3 years' / size.runs)
    END AS started_at,
    10 + pg_temp.pick(n, 12, 500) AS seconds,
    CASE WHEN n % 20 = 0 THEN 200000 ELSE 3000 END + pg_temp.pick(n, 13, 3000) AS rows
FROM size
CROSS JOIN LATERAL generate_series(1, size.runs) n
CROSS JOIN LATERAL (SELECT n > size.runs - 3 AS now_at_work, pg_temp.pick(n, 10, 100) AS dice) d;

INSERT INTO sync_runs (
    connection_id, mode, window_from, window_to, airflow_dag_id, airflow_run_id, status, current_phase, progress_percentage,
    message, waiting_until, waiting_reason, webinars_found, instances_found, instances_queued, instances_done, items_queued,
    items_done, pages_fetched, rows_fetched, rows_expected, sessions_inserted, sessions_unchanged, gaps, errors, error_kind,
    error_message, heartbeat_at, started_at, finished_at
)
SELECT
    connection_id, mode, CASE mode WHEN 'date_range' THEN started_at - interval '30 days' END,
    CASE mode WHEN 'date_range' THEN started_at END, 'zoom_webinar_sync', 'manual__' || no, status,
    CASE WHEN is_active OR status IN ('failed', 'cancelled') THEN 'fetch' ELSE 'finish' END,
    CASE WHEN is_active OR status IN ('failed', 'cancelled') THEN 40 ELSE 100 END, 'Fetched 40 of 100 instances',
    CASE status WHEN 'waiting' THEN now() + interval '6 hours' END, CASE status WHEN 'waiting' THEN 'The daily budget is spent.' END,
    100, 100, 100, CASE WHEN is_active THEN 40 ELSE 100 END, 100, CASE WHEN is_active THEN 40 ELSE 100 END, rows / 300, rows, rows,
    rows / 10, rows - rows / 10, (status = 'completed_with_gaps')::integer, (status = 'failed')::integer,
    CASE status WHEN 'failed' THEN 'server_error' END, CASE status WHEN 'failed' THEN 'Zoom answered 502 six times.' END,
    CASE WHEN is_active THEN CASE WHEN started_at < now() - interval '4 hours' THEN now() - interval '4 hours' ELSE now() END
        ELSE started_at + make_interval(secs => seconds) END,
    started_at, CASE WHEN NOT is_active THEN started_at + make_interval(secs => seconds) END
FROM run_plan
CROSS JOIN LATERAL (SELECT status IN ('running', 'waiting') AS is_active) a
ORDER BY no;

INSERT INTO sync_progress_updates (run_id, created_at, phase, progress_percentage, message)
SELECT r.id, r.started_at + n * make_interval(secs => p.seconds::double precision / size.progress_rows_a_run), 'fetch',
    n * 100.0 / size.progress_rows_a_run, format('Fetched %s of 100 instances, %s rows', n, n * p.rows / 100)
FROM size
CROSS JOIN sync_runs r
JOIN run_plan p ON p.no = r.id
CROSS JOIN LATERAL generate_series(1, size.progress_rows_a_run) n
ORDER BY r.id, n;

INSERT INTO sync_error_logs (run_id, kind, code, subject, message, occurrences, first_seen_at, last_seen_at)
SELECT
    r.id, (ARRAY['rate_limit', 'network_error', 'server_error', 'data_error'])[1 + pg_temp.pick(r.id, 14, 4)], '',
    'instance-' || n, 'Zoom answered in a way that was tried again.', n, r.started_at, r.heartbeat_at
FROM sync_runs r
CROSS JOIN generate_series(1, 4) n
WHERE pg_temp.pick(r.id, 15, 2) = 0;

INSERT INTO sync_state (connection_id, resource, mark_at, run_id)
SELECT DISTINCT ON (connection_id) connection_id, 'webinars', started_at, id
FROM sync_runs
WHERE status = 'completed' AND mode IN ('full', 'delta')
ORDER BY connection_id, started_at DESC;

INSERT INTO sync_gaps (
    connection_id, object_kind, object_key, http_status, code, reason, is_expected, first_seen_at, last_seen_at, times_seen,
    recheck_at, closed_at
)
SELECT
    w.connection_id, (ARRAY['webinar', 'registrants', 'panelists'])[n], w.zoom_webinar_id::text, 404, 3001,
    'Webinar does not exist: its id expired.', w.id % 30 <> 0, w.start_time, w.updated_at, 3,
    CASE WHEN w.id % 30 = 0 THEN now() + interval '1 day' END, CASE WHEN w.id % 4 = 0 THEN w.updated_at END
FROM zoom_webinars w CROSS JOIN generate_series(1, 3) n;

INSERT INTO zoom_call_budgets (account, daily_pool, day, calls)
SELECT 'account-' || a, pool, (now() AT TIME ZONE 'UTC')::date - d, 1000 + pg_temp.pick(d, a, 20000)
FROM generate_series(1, 4) a CROSS JOIN (VALUES ('heavy'), ('medium'), ('light')) p (pool) CROSS JOIN generate_series(0, 1095) d;
