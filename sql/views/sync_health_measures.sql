-- The one definition of each condition: what is measured, since when, in which words, and what to do about it. Alerts, health
-- and checks only hold it against sync_health_thresholds.
CREATE VIEW sync_health_measures AS
WITH facts AS MATERIALIZED (
    SELECT
        f.*,
        -- Without what it was that is missing, for which each source has a mode of its own.
        format('rollcall sync %s %s%s', f.source, f.connection_name, CASE f.source WHEN 'zoom' THEN ' --mode delta' END) AS sync_again
    FROM sync_connection_facts f
)
SELECT f.source, f.connection_id, f.connection_name, m.check_name, m.value, m.since, m.detail, m.action
FROM facts f
CROSS JOIN LATERAL (
    VALUES
        (
            'stale_run',
            round(extract(epoch FROM now() - f.active_run_silent_since) / 60, 1),
            f.active_run_silent_since,
            format('Run %s (%s, %s %%) gave no sign of life since %s.', f.active_run_id, f.active_run_phase, f.active_run_progress,
                date_trunc('second', f.active_run_silent_since)),
            format('Look at its tasks in Airflow. SELECT * FROM check_stale_syncs(); ends it; then: %s', f.sync_again)
        ),
        (
            'last_run_failed',
            CASE WHEN f.last_failure_at > coalesce(f.last_success_at, '-infinity') THEN 1 END,
            f.last_failure_at,
            format('Run %s failed with %s: %s', f.last_failed_run_id, f.last_error_kind, f.last_error),
            format(
                'Mend what it names, then: %s. More: SELECT * FROM sync_error_logs WHERE run_id = %s;',
                f.sync_again, f.last_failed_run_id
            )
        ),
        (
            'failures_in_a_row',
            nullif(f.failures_in_a_row, 0),
            f.failing_since,
            format('%s runs in a row failed, the last one with %s: %s', f.failures_in_a_row, f.last_error_kind, f.last_error),
            format('It does not pass by itself: SELECT * FROM generate_sync_report(%L) WHERE section = ''errors'';', f.connection_name)
        ),
        (
            'failure_rate',
            CASE WHEN f.succeeded_24h + f.failed_24h >= 4 THEN round(100.0 * f.failed_24h / (f.succeeded_24h + f.failed_24h), 1) END,
            now() - interval '24 hours',
            format('%s of the %s runs that ended in the last 24 hours failed.', f.failed_24h, f.succeeded_24h + f.failed_24h),
            format('What they failed of: SELECT * FROM generate_sync_report(%L, now() - interval ''1 day'') WHERE section = ''errors'';', f.connection_name)
        ),
        (
            'success_age',
            round(extract(epoch FROM now() - coalesce(f.last_success_at, f.first_run_at)) / 3600, 1),
            coalesce(f.last_success_at, f.first_run_at),
            CASE
                WHEN f.last_success_at IS NULL THEN format('No run succeeded since the first one began at %s.', date_trunc('second', f.first_run_at))
                ELSE format('The last successful run ended at %s.', date_trunc('second', f.last_success_at))
            END,
            format('Runs start by hand only: %s. If it is no longer needed: rollcall %s deactivate %s',
                f.sync_again, CASE f.source WHEN 'zoom' THEN 'connection' ELSE f.source END, f.connection_name)
        ),
        (
            'reconnect_needed',
            CASE WHEN f.reconnect_needed_at IS NOT NULL THEN 1 END,
            f.reconnect_needed_at,
            format('The source calls the credentials dead: %s', coalesce(f.reconnect_reason, 'no reason given')),
            CASE f.source
                WHEN 'zoom' THEN format(
                    'Authorise the app again, store its fresh secret with: rollcall connection add %s --replace; then: rollcall connection test %s',
                    f.connection_name, f.connection_name
                )
                ELSE format('Make a new token at Calendly and store it with: rollcall calendly connect; then: rollcall calendly test %s', f.connection_name)
            END
        ),
        (
            'provisional_age',
            round(extract(epoch FROM now() - f.provisional_since) / 86400, 1),
            f.provisional_since,
            format('%s instances are provisional, the first of them since %s: the source''s report was not whole when it was read.',
                f.provisional_instances, date_trunc('second', f.provisional_since)),
            format('A delta reads them again: %s', f.sync_again)
        ),
        (
            'reconciliation_differs',
            nullif(f.differing_instances, 0),
            f.differing_since,
            format('%s instances were read completely, yet a number differs from the source''s own without a known reason.', f.differing_instances),
            'Which, and by how much: SELECT * FROM sync_reconciliation WHERE verdict = ''differs''; mode webinars reads a webinar again.'
        ),
        (
            'budget_spent',
            CASE
                WHEN f.budget_held_until IS NOT NULL THEN 100
                ELSE round(100.0 * (f.budget_today - f.budget_left_today) / nullif(f.budget_today, 0), 1)
            END,
            coalesce(least(f.budget_held_until - interval '1 day', now()), date_trunc('day', now(), 'UTC')),
            CASE
                WHEN f.budget_held_until IS NOT NULL
                    THEN format('The source itself refuses further calls until %s.', date_trunc('second', f.budget_held_until))
                ELSE format('%s of the %s calls that rollcall may make today are left.', f.budget_left_today, f.budget_today)
            END,
            'Nothing is lost: a run parks, and goes on when the day (UTC) ends. To give it more: daily_share in zoom_plan_limits, or the connection''s plan.'
        ),
        (
            'queue_idle',
            round(extract(epoch FROM now() - f.queue_idle_since) / 60, 1),
            f.queue_idle_since,
            format('Run %s has %s lists to fetch, and nobody has worked on them since %s.', f.active_run_id, f.queue_depth,
                date_trunc('second', f.queue_idle_since)),
            'See in Airflow whether the fetch tasks of this run are alive and whether a worker has free slots.'
        )
) AS m (check_name, value, since, detail, action)
-- A connection that was switched off has nothing to do, but what still runs for it must not go unnoticed.
WHERE m.value IS NOT NULL AND (f.is_active OR m.check_name = 'stale_run')
UNION ALL
SELECT
    c.source, c.connection_id, c.name, 'open_gaps', sum(g.gaps), min(g.first_seen_at),
    format(
        '%s gaps of kind %s, %s of them to be asked again; the commonest reason: %s',
        sum(g.gaps), g.object_kind, sum(g.asked_again), (array_agg(g.reason ORDER BY g.gaps DESC, g.reason))[1]
    ),
    format('SELECT * FROM sync_known_gaps WHERE connection_id = %s AND object_kind = %L AND is_open; says for each what to do.', c.connection_id, g.object_kind)
FROM (
    -- A reason names the thing that is missing, so it is the code that tells which of them are alike.
    SELECT
        o.source, o.connection_id, o.object_kind, count(*) AS gaps, count(o.recheck_at) AS asked_again, min(o.first_seen_at) AS first_seen_at,
        max(o.reason) AS reason
    FROM sync_gaps o
    WHERE o.closed_at IS NULL AND NOT o.is_expected
    GROUP BY o.source, o.connection_id, o.object_kind, o.http_status, o.code
) g
JOIN sync_connections c ON c.source = g.source AND c.connection_id = g.connection_id
WHERE c.is_active
GROUP BY c.source, c.connection_id, c.name, g.object_kind
UNION ALL
SELECT
    c.source, c.connection_id, c.name, 'invalid_webinars', count(*), min(w.updated_at),
    format('%s webinars break a rule of severity error: numbers about them are missing or wrong.', count(*)),
    'Which rules: SELECT * FROM validate_webinar_data() WHERE validation_status = ''error''; mend them at Zoom, then a delta reads them again.'
FROM zoom_webinars w
JOIN sync_connections c ON c.source = 'zoom' AND c.connection_id = w.connection_id
-- One that is gone nobody can mend.
WHERE w.validation_status = 'error' AND w.sync_status <> 'gone' AND c.is_active
GROUP BY c.source, c.connection_id, c.name
UNION ALL
SELECT k.source, k.connection_id, k.connection_name, k.check_name, k.value, k.since, k.detail, k.action
FROM calendly_health_measures k
UNION ALL
SELECT
    NULL, NULL, NULL, 'self_test_failed', count(*) FILTER (WHERE NOT r.passed), max(r.run_at),
    format('%s of %s cases of the last self-test failed, %s first.', count(*) FILTER (WHERE NOT r.passed), count(*),
        min(r.test_name) FILTER (WHERE NOT r.passed)),
    'New numbers may be wrong. SELECT * FROM sync_test_results WHERE NOT passed ORDER BY run_at DESC; then upgrade rollcall or report it.'
FROM sync_test_results r
-- Each case has a time of its own.
WHERE r.test_run = (SELECT l.test_run FROM sync_test_results l ORDER BY l.run_at DESC LIMIT 1)
HAVING count(*) FILTER (WHERE NOT r.passed) > 0;
COMMENT ON VIEW sync_health_measures IS 'What is measured at each connection, if it is within bounds or not: higher values are worse; no row where there is nothing of the kind. sync_alert_conditions shows those that cross a threshold.';
COMMENT ON COLUMN sync_health_measures.source IS 'Null, as connection_id and connection_name, where it is about the whole installation.';
COMMENT ON COLUMN sync_health_measures.check_name IS 'As in sync_health_thresholds, which says what is measured and in which unit.';
COMMENT ON COLUMN sync_health_measures.since IS 'When what is measured began.';
