-- All checks in one list, also where they are well: what is not in the list was not looked at. Each condition is measured
-- by sync_health_measures, as the alerts are; here the state of the database itself joins them.
CREATE FUNCTION run_sync_health_checks()
RETURNS TABLE (check_name text, status text, value numeric, threshold numeric, unit text, detail text, hint text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH measured AS (
        SELECT
            m.check_name, m.value,
            CASE WHEN m.connection_name IS NULL THEN m.detail ELSE format('%s: %s', m.connection_name, m.detail) END AS detail,
            m.action
        FROM sync_health_measures m
        UNION ALL
        SELECT
            'staging_leftovers', coalesce(sum(q.rows_fetched), 0),
            format('%s rows of %s ended runs are still staged.', coalesce(sum(q.rows_fetched), 0), count(DISTINCT q.run_id)),
            'A new run of the connection drops them; 30 days after the end of their runs so does: SELECT * FROM cleanup_old_sync_data(30);'
        FROM webinar_sync_queue q
        JOIN sync_runs r ON r.id = q.run_id AND r.finished_at < now() - interval '1 day'
        WHERE q.status IN ('fetched', 'sessionized', 'abandoned') AND q.list_source IS NOT NULL
        UNION ALL
        SELECT
            'long_transaction', coalesce(round(max(extract(epoch FROM now() - a.xact_start)) / 60, 1), 0),
            format('The oldest of the %s open transactions that you may see; sessions of others show theirs only to pg_monitor.', count(a.xact_start)),
            'SELECT pid, usename, xact_start, state FROM pg_stat_activity ORDER BY xact_start; then end the work, or pg_terminate_backend(pid).'
        FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
        UNION ALL
        (
            SELECT
                'dead_rows', round(100.0 * s.n_dead_tup / (s.n_dead_tup + s.n_live_tup), 1),
                format('%s has %s dead rows beside %s; autovacuum was there last at %s.', s.relname, s.n_dead_tup, s.n_live_tup,
                    coalesce(date_trunc('second', s.last_autovacuum)::text, 'no time')),
                format('As the owner: VACUUM (ANALYZE) %s; if it comes again, lower autovacuum_vacuum_scale_factor for it.', s.relname)
            FROM pg_stat_user_tables s
            WHERE s.schemaname = current_schema() AND s.n_dead_tup > 10000
            ORDER BY 2 DESC
            LIMIT 1
        )
        UNION ALL
        SELECT
            'cleanup_overdue', greatest(0, round(extract(epoch FROM now() - p.created_at) / 86400 - s.keep_days, 1)),
            format('The oldest row of sync_progress_updates is of %s; %s days are to be kept.', date_trunc('day', p.created_at)::date, s.keep_days),
            'SELECT * FROM scheduled_cleanup(); by hand or with pg_cron.'
        FROM sync_retention_settings s
        CROSS JOIN LATERAL (SELECT u.created_at FROM sync_progress_updates u ORDER BY u.id LIMIT 1) p
        WHERE s.table_name = 'sync_progress_updates' AND s.keep_days IS NOT NULL
        UNION ALL
        SELECT
            'self_test_age', round(extract(epoch FROM now() - max(r.run_at)) / 86400, 1),
            format('The last self-test ran at %s.', date_trunc('second', max(r.run_at))),
            'SELECT * FROM test_sync_process(); leaves nothing behind.'
        FROM sync_test_results r
        HAVING count(*) > 0
    ),
    worst AS (
        SELECT DISTINCT ON (m.check_name)
            m.check_name, m.value, m.detail, m.action,
            count(*) FILTER (WHERE m.value >= least(t.warning, t.critical)) OVER (PARTITION BY m.check_name) AS findings
        FROM measured m
        JOIN sync_health_thresholds t ON t.check_name = m.check_name
        ORDER BY m.check_name, m.value DESC NULLS LAST, m.detail
    )
    SELECT
        t.check_name,
        CASE WHEN w.value >= t.critical THEN 'critical' WHEN w.value >= t.warning THEN 'warning' ELSE 'ok' END,
        w.value,
        CASE WHEN w.value >= t.critical THEN t.critical ELSE coalesce(t.warning, t.critical) END,
        t.unit,
        CASE
            WHEN w.check_name IS NULL THEN 'Nothing of the kind.'
            WHEN w.findings > 1 THEN format('%s (%s more)', w.detail, w.findings - 1)
            ELSE w.detail
        END,
        CASE WHEN w.value >= least(t.warning, t.critical) THEN w.action END
    FROM sync_health_thresholds t
    LEFT JOIN worst w ON w.check_name = t.check_name
    ORDER BY coalesce(w.value >= t.critical, false) DESC, coalesce(w.value >= t.warning, false) DESC, t.check_name
$$;
COMMENT ON FUNCTION run_sync_health_checks() IS
'All checks, one row each, also where all is well; the worst first.
check_name: a row of sync_health_thresholds, which describes it. status: ok, warning or critical. value: the worst that was measured, higher is worse; null where there is nothing of the kind. threshold: the one that was crossed, or where it is ok the next one. unit: of both.
detail: what was found, at which connection, and at how many more. hint: what to do; null where it is ok.
long_transaction sees only the caller''s own sessions unless the caller has pg_monitor.';
