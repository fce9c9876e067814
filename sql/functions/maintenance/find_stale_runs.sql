-- A parked run is silent on purpose until its time has come; any other that is silent has lost its workers.
CREATE FUNCTION find_stale_runs(p_after interval)
RETURNS TABLE (
    run_id bigint,
    source text,
    connection_name text,
    airflow_run_id text,
    heartbeat_at timestamptz,
    silent_for interval
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT r.id, r.source, c.name, r.airflow_run_id, r.heartbeat_at, clock_timestamp() - s.last_sign_at
    FROM sync_runs r
    LEFT JOIN sync_connections c ON c.source = r.source AND c.connection_id = r.connection_id
    CROSS JOIN LATERAL (
        SELECT greatest(r.heartbeat_at, CASE r.status WHEN 'waiting' THEN r.waiting_until END) AS last_sign_at
    ) s
    WHERE r.status IN ('running', 'waiting') AND clock_timestamp() - s.last_sign_at > p_after
    ORDER BY r.id
$$;
COMMENT ON FUNCTION find_stale_runs(interval) IS 'Active runs whose last sign of life is older than p_after; changes nothing. silent_for: since the last heartbeat, or since the time that a parked run waited for, whichever is later.';
