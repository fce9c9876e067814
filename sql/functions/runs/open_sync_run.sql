-- The unique index on active runs is the guard against two at once: two openers at the same moment can't both pass.
CREATE FUNCTION open_sync_run(
    p_source text,
    p_connection_id bigint,
    p_mode text,
    p_from timestamptz,
    p_to timestamptz,
    p_webinar_ids bigint[],
    p_fetch_workers integer,
    p_airflow_dag_id text,
    p_airflow_run_id text
)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run_id bigint;
BEGIN
    -- The same Airflow run again is a retry, or a person who cleared it: it goes on where it stood.
    UPDATE sync_runs
    SET status = 'running', times_opened = times_opened + 1, finished_at = NULL, heartbeat_at = now(), error_kind = NULL, error_message = NULL,
        waiting_until = NULL, waiting_reason = NULL, fetch_workers = p_fetch_workers
    WHERE airflow_dag_id = p_airflow_dag_id AND airflow_run_id = p_airflow_run_id
    RETURNING id INTO v_run_id;

    IF v_run_id IS NULL THEN
        INSERT INTO sync_runs (
            source, connection_id, mode, window_from, window_to, webinar_ids, fetch_workers, airflow_dag_id, airflow_run_id
        ) VALUES (
            p_source, p_connection_id, p_mode, p_from, p_to, p_webinar_ids, p_fetch_workers, p_airflow_dag_id, p_airflow_run_id
        )
        RETURNING id INTO v_run_id;
    ELSE
        -- What was to be matched again from what is stored may be something else by now: sessionize queues it anew.
        UPDATE webinar_sync_queue SET status = 'done', updated_at = now()
        WHERE run_id = v_run_id AND variant = 'stored' AND status <> 'done';
        UPDATE webinar_sync_queue
        SET status = 'queued', worker = NULL, fencing_token = NULL, lease_expires_at = NULL, updated_at = now()
        WHERE run_id = v_run_id AND status = 'abandoned';
    END IF;
    -- What others left is older than what this run will store.
    PERFORM drop_staged_rows(q.run_id)
    FROM (
        SELECT r.id AS run_id
        FROM sync_runs r
        WHERE r.source = p_source AND r.connection_id = p_connection_id AND r.finished_at IS NOT NULL
            AND EXISTS (
                SELECT FROM webinar_sync_queue q
                WHERE q.run_id = r.id AND (
                    q.status IN ('fetched', 'sessionized', 'abandoned') AND q.pages > 0
                    OR q.status IN ('fetched', 'sessionized') AND q.variant = 'stored'
                )
            )
        -- One that a cleanup works on loses them anyway: nobody waits for that.
        FOR NO KEY UPDATE SKIP LOCKED
    ) q;
    -- One that was stopped leaves the rows of its finished lists, too. It is the last that ended, or was when another opened.
    PERFORM drop_staged_rows(q.run_id)
    FROM (
        SELECT r.id AS run_id
        FROM sync_runs r
        WHERE r.status IN ('failed', 'cancelled') AND r.id = (
            SELECT l.id
            FROM sync_runs l
            WHERE l.source = p_source AND l.connection_id = p_connection_id AND l.finished_at IS NOT NULL
            ORDER BY l.finished_at DESC
            LIMIT 1
        )
        FOR NO KEY UPDATE SKIP LOCKED
    ) q;
    RETURN v_run_id;
END
$$;
COMMENT ON FUNCTION open_sync_run(text, bigint, text, timestamptz, timestamptz, bigint[], integer, text, text) IS 'Open a run, or take up the one that this Airflow run opened before. Fails on the unique index sync_runs_one_active_per_connection when another run of the connection is active.';
