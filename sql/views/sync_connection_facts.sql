-- What is known of each connection before anybody judges it. Health, alerts and checks start from this one row, so that they
-- can't contradict one another; every part is a look-up in a partial index, so that years of runs cost nothing.
CREATE VIEW sync_connection_facts AS
SELECT
    c.source,
    c.connection_id,
    c.name AS connection_name,
    c.is_active,
    c.token_expires_at,
    c.reconnect_needed_at,
    c.reconnect_reason,
    first_run.started_at AS first_run_at,
    success.finished_at AS last_success_at,
    failure.id AS last_failed_run_id,
    failure.finished_at AS last_failure_at,
    failure.error_kind AS last_error_kind,
    failure.error_message AS last_error,
    streak.runs AS failures_in_a_row,
    streak.since AS failing_since,
    succeeded.runs_24h AS succeeded_24h,
    succeeded.runs_7d AS succeeded_7d,
    succeeded.duration_24h AS average_duration_24h,
    succeeded.duration_7d AS average_duration_7d,
    failed.runs_24h AS failed_24h,
    failed.runs_7d AS failed_7d,
    live.run_id AS active_run_id,
    live.current_phase AS active_run_phase,
    live.progress_percentage AS active_run_progress,
    live.silent_since AS active_run_silent_since,
    coalesce(live.is_stale, false) AS is_stale,
    coalesce(live.queue_depth, 0) AS queue_depth,
    live.oldest_queue_item_at,
    idle.since AS queue_idle_since,
    gaps.open AS open_gaps,
    coalesce(provisional.instances, 0) AS provisional_instances,
    provisional.since AS provisional_since,
    coalesce(differs.instances, 0) AS differing_instances,
    differs.since AS differing_since,
    budget.allowed AS budget_today,
    CASE
        WHEN budget.held_until IS NOT NULL THEN 0
        WHEN budget.allowed IS NOT NULL THEN greatest(budget.allowed - budget.spent, 0)
    END AS budget_left_today,
    budget.held_until AS budget_held_until
FROM sync_connections c
LEFT JOIN LATERAL (
    SELECT r.started_at FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id
    ORDER BY r.started_at LIMIT 1
) first_run ON true
LEFT JOIN LATERAL (
    SELECT r.finished_at FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id AND r.status IN ('completed', 'completed_with_gaps')
    ORDER BY r.finished_at DESC LIMIT 1
) success ON true
LEFT JOIN LATERAL (
    SELECT r.id, r.finished_at, r.error_kind, r.error_message FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id AND r.status = 'failed'
    ORDER BY r.finished_at DESC LIMIT 1
) failure ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS runs, min(r.finished_at) AS since
    FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id AND r.status = 'failed'
        AND r.finished_at > coalesce(success.finished_at, '-infinity')
) streak
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE r.finished_at >= now() - interval '24 hours') AS runs_24h,
        count(*) AS runs_7d,
        avg(r.finished_at - r.started_at) FILTER (WHERE r.finished_at >= now() - interval '24 hours') AS duration_24h,
        avg(r.finished_at - r.started_at) AS duration_7d
    FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id AND r.status IN ('completed', 'completed_with_gaps')
        AND r.finished_at >= now() - interval '7 days'
) succeeded
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.finished_at >= now() - interval '24 hours') AS runs_24h, count(*) AS runs_7d
    FROM sync_runs r
    WHERE r.source = c.source AND r.connection_id = c.connection_id AND r.status = 'failed'
        AND r.finished_at >= now() - interval '7 days'
) failed
LEFT JOIN sync_monitoring_view live ON live.source = c.source AND live.connection_id = c.connection_id
CROSS JOIN LATERAL (
    -- Done items count too: whoever ended one is alive. Asked only where no lease lives.
    SELECT max(q.updated_at) AS since
    FROM webinar_sync_queue q
    WHERE q.run_id = live.run_id AND live.current_phase = 'fetch' AND live.workers = 0 AND live.queue_depth > 0
        AND live.status = 'running' AND (live.waiting_until IS NULL OR live.waiting_until <= now())
) idle
CROSS JOIN LATERAL (
    SELECT count(*) AS open FROM sync_gaps g
    WHERE g.source = c.source AND g.connection_id = c.connection_id AND g.closed_at IS NULL AND NOT g.is_expected
) gaps
LEFT JOIN (
    SELECT i.connection_id, count(*) AS instances, min(coalesce(p.provisional_since, p.last_read_at)) AS since
    FROM zoom_instance_reads p
    JOIN zoom_webinar_instances i ON i.id = p.instance_id
    WHERE p.sync_status = 'provisional' AND NOT EXISTS (
        -- Refused for good since, it is a gap: no delta reads it again.
        SELECT FROM sync_gaps g
        WHERE g.source = 'zoom' AND g.connection_id = i.connection_id AND g.object_kind = 'participants' AND g.object_key = i.uuid
            AND g.closed_at IS NULL AND g.recheck_at IS NULL
    )
    GROUP BY i.connection_id
) provisional ON c.source = 'zoom' AND provisional.connection_id = c.connection_id
LEFT JOIN (
    SELECT i.connection_id, count(DISTINCT d.instance_id) AS instances, min(d.checked_at) AS since
    FROM zoom_instance_reconciliation d
    JOIN zoom_webinar_instances i ON i.id = d.instance_id
    JOIN zoom_instance_reads p ON p.instance_id = d.instance_id AND p.sync_status = 'complete'
    WHERE d.verdict = 'differs'
    GROUP BY i.connection_id
) differs ON c.source = 'zoom' AND differs.connection_id = c.connection_id
LEFT JOIN LATERAL (
    SELECT
        floor(l.calls_per_day * l.daily_share)::integer AS allowed,
        coalesce((
            SELECT b.calls FROM zoom_call_budgets b
            WHERE b.account = c.account AND b.daily_pool = l.daily_pool AND b.day = (now() AT TIME ZONE 'UTC')::date
        ), 0) AS spent,
        (
            SELECT max(b.exhausted_until) FROM zoom_call_budgets b
            WHERE b.account = c.account AND b.daily_pool = l.daily_pool
                AND b.day >= (now() AT TIME ZONE 'UTC')::date - 31 AND b.exhausted_until > now()
        ) AS held_until
    FROM zoom_plan_limits l
    WHERE l.plan = c.plan AND l.label = 'heavy'
) budget ON c.source = 'zoom';
COMMENT ON VIEW sync_connection_facts IS 'What is known of each connection before anybody judges it: the numbers behind get_sync_health_status(), sync_alert_conditions and run_sync_health_checks().';
COMMENT ON COLUMN sync_connection_facts.last_success_at IS 'When the last run that completed, with gaps or without, ended.';
COMMENT ON COLUMN sync_connection_facts.failures_in_a_row IS 'Runs that failed since then; cancelled runs do not count.';
COMMENT ON COLUMN sync_connection_facts.succeeded_24h IS 'Runs that completed, with gaps or without, and ended in the last 24 hours; likewise _7d, failed_24h and failed_7d.';
COMMENT ON COLUMN sync_connection_facts.average_duration_24h IS 'Start to end, waits included, of the successful runs that ended in the last 24 hours; likewise _7d.';
COMMENT ON COLUMN sync_connection_facts.queue_idle_since IS 'Since when nobody has worked on the lists that the active run has to fetch; null while somebody does, or the run waits.';
COMMENT ON COLUMN sync_connection_facts.open_gaps IS 'What the source would not serve and a person may want to know of (sync_known_gaps where is_open and not is_expected).';
COMMENT ON COLUMN sync_connection_facts.provisional_instances IS 'Instances whose report was not whole when it was read, and that deltas read again: not those that the source has refused for good since.';
COMMENT ON COLUMN sync_connection_facts.differing_instances IS 'Instances read completely of which a number differs from the source''s own without a known reason.';
COMMENT ON COLUMN sync_connection_facts.budget_today IS 'Calls of the heavy pool that rollcall may make in a day (UTC), its reserve left out; null: no cap.';
COMMENT ON COLUMN sync_connection_facts.budget_left_today IS 'What is left of them today; 0 too while the source itself refuses more, until budget_held_until.';
