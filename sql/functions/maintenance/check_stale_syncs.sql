-- A run whose workers are gone blocks its connection until somebody ends it, and Airflow may not know that it is over.
-- As the owner, so that a monitor may end what hangs without the right to change runs.
CREATE FUNCTION check_stale_syncs(p_after interval DEFAULT '1 hour')
RETURNS TABLE (
    run_id bigint,
    source text,
    connection_name text,
    airflow_run_id text,
    heartbeat_at timestamptz,
    silent_for interval,
    leases_returned bigint,
    message text
)
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run_id bigint;
BEGIN
    IF p_after IS NULL OR p_after <= interval '0' THEN
        RAISE EXCEPTION 'p_after is %: give how long a run may be silent, like ''1 hour''', coalesce(p_after::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR v_run_id IN SELECT f.run_id FROM find_stale_runs(p_after) f LOOP
        -- Locked by somebody: another check, or a session in the middle of a write, which is a sign of life.
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(run_end_key(v_run_id));
        PERFORM FROM sync_runs r WHERE r.id = v_run_id FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        -- Again, now that nobody can change it: it may have ended or spoken meanwhile.
        SELECT f.run_id, f.source, f.connection_name, f.airflow_run_id, f.heartbeat_at, f.silent_for
        INTO run_id, source, connection_name, airflow_run_id, heartbeat_at, silent_for
        FROM find_stale_runs(p_after) f
        WHERE f.run_id = v_run_id;
        CONTINUE WHEN NOT FOUND;
        SELECT count(*) INTO leases_returned FROM webinar_sync_queue q WHERE q.run_id = v_run_id AND q.status = 'leased';
        message := format(
            'No sign of life since %s UTC (%s): closed as stale. What was upserted is stored; mark Airflow run %s as failed '
            'if it is still there, then start %s to do the rest.',
            to_char((clock_timestamp() - silent_for) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
            date_trunc('second', silent_for), coalesce(airflow_run_id, '(none)'),
            CASE source WHEN 'zoom' THEN 'a delta' ELSE 'the sync again' END
        );
        PERFORM close_sync_run(v_run_id, 'failed', 'internal_error', message);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION check_stale_syncs(interval) IS 'Close every active run without a sign of life for p_after as failed (error_kind internal_error) and give its leases back: a row for each, none where all is well. A run counts as alive while it is parked, and while a session is in the middle of writing for it. Whoever wakes up later writes nothing. Safe at any time and by several at once: each run is closed and reported by one of them. heartbeat_at: its last sign of life; silent_for: since then, or since the time that a parked run waited for; leases_returned: lists that its workers held.';
