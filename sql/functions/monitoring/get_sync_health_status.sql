-- A name that was typed gets an answer, also where it is wrong: an empty result would read as "nothing to report".
CREATE FUNCTION get_sync_health_status(p_connection text DEFAULT NULL)
RETURNS TABLE (
    source text,
    connection_id bigint,
    connection_name text,
    status text,
    health_score integer,
    freshness_points integer,
    success_points integer,
    completeness_points integer,
    liveness_points integer,
    last_success_at timestamptz,
    last_success_age interval,
    last_error text,
    last_error_kind text,
    last_error_at timestamptz,
    success_rate_24h numeric,
    success_rate_7d numeric,
    average_duration_24h interval,
    average_duration_7d interval,
    active_run_id bigint,
    active_run_progress numeric,
    stale_runs integer,
    open_gaps bigint,
    provisional_instances bigint,
    queue_depth bigint,
    oldest_queue_item_at timestamptz,
    is_active boolean,
    token_expires_at timestamptz,
    reconnect_needed_at timestamptz,
    budget_left_today integer,
    alerts bigint,
    action text
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT h.*
    FROM sync_connection_health h
    WHERE (h.source, h.connection_id) IN (SELECT f.source, f.connection_id FROM find_connections(p_connection) f)
    UNION ALL
    SELECT
        NULL, NULL, p_connection, 'unknown', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        format('There is no connection %L. SELECT source, connection_id, name FROM sync_connections; lists them, rollcall connection add makes one.', p_connection)
    WHERE p_connection IS NOT NULL AND NOT EXISTS (SELECT FROM find_connections(p_connection))
    ORDER BY source, connection_name
$$;
COMMENT ON FUNCTION get_sync_health_status(text) IS
'How each connection fares: one row for the one with this id or name, all where null. A name that nobody has gets one row with status unknown; an empty database none.
status: critical or warning is the worst of its sync_alert_conditions; healthy: none; unknown: switched off, or no run has ended by itself yet.
health_score (0 to 100) is freshness_points (0 to 30: age of the last success) + success_points (0 to 30: share of successful runs in 7 days) + completeness_points (0 to 25: gaps, provisional instances, differing numbers) + liveness_points (0 to 15: credentials, silent run, idle queue, budget). Null where unknown.
success_rate_24h and _7d: per cent of the runs that ended then, cancelled ones left out. average_duration_24h and _7d: of the successful ones, waits included.
queue_depth: lists that the active run has still to fetch. budget_left_today: calls of the heavy pool until midnight UTC; null: no cap. action: what to do, as a sentence. Each column is described at the view sync_connection_health.';
