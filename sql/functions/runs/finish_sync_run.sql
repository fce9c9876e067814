-- The last word of a run is an honest one: completed means that every row fetched is accounted for and every list was read.
-- The mark moves in the same transaction as the status, so that neither can be true without the other.
CREATE FUNCTION finish_sync_run(p_run_id bigint, p_times_opened integer, p_error_kind text, p_error_message text)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run sync_runs;
    v_left bigint;
    v_lost bigint;
    v_status text := 'completed';
    v_kind text := p_error_kind;
    v_message text := p_error_message;
BEGIN
    PERFORM pg_advisory_xact_lock(run_end_key(p_run_id));
    SELECT * INTO v_run FROM sync_runs WHERE id = p_run_id FOR UPDATE;
    IF v_run.finished_at IS NOT NULL THEN
        RETURN v_run.status;
    END IF;
    IF v_run.times_opened <> p_times_opened THEN
        RETURN NULL;
    END IF;
    PERFORM total_run(p_run_id);
    SELECT
        count(*) FILTER (WHERE q.status NOT IN ('done', 'gap')),
        coalesce(sum(
            q.rows_fetched - q.rows_duplicate - q.rows_rejected - q.rows_kept_back
            - q.sessions_inserted - q.sessions_updated - q.sessions_unchanged
        ) FILTER (WHERE q.kind = 'participants' AND q.status = 'done'), 0)
    INTO v_left, v_lost
    FROM webinar_sync_queue q WHERE q.run_id = p_run_id;
    SELECT * INTO v_run FROM sync_runs WHERE id = p_run_id;

    IF v_lost <> 0 THEN
        v_status := 'failed';
        v_kind := 'data_error';
        v_message := format('%s of %s staged rows are not accounted for: this is a fault of rollcall, please report it with the run''s id', v_lost, v_run.rows_fetched);
    ELSIF v_left > 0 OR v_message IS NOT NULL THEN
        v_status := 'failed';
        v_kind := coalesce(v_kind, 'internal_error');
        v_message := rtrim(coalesce(v_message, format('%s lists were not read to their end', v_left)), '.')
            || CASE
                WHEN v_run.rows_fetched = 0 THEN '. No attendance was fetched; start it again.'
                ELSE '. What was fetched is stored; start a delta to do the rest.'
            END;
    ELSIF v_run.gaps > 0 THEN
        v_status := 'completed_with_gaps';
    END IF;

    -- Where discovery had holes, the next delta must look there again, so the mark stays behind them.
    IF v_status <> 'failed' AND v_run.mode IN ('full', 'delta') AND NOT EXISTS (
        SELECT FROM sync_gaps g
        WHERE g.source = 'zoom' AND g.connection_id = v_run.connection_id AND g.last_seen_run_id = p_run_id AND g.closed_at IS NULL
            AND g.object_kind IN ('history', 'host') AND NOT g.is_expected
    ) THEN
        INSERT INTO sync_state AS s (connection_id, resource, mark_at, run_id)
        VALUES (v_run.connection_id, 'webinars', coalesce(v_run.window_to, v_run.started_at), p_run_id)
        ON CONFLICT (connection_id, resource) DO UPDATE
            SET mark_at = greatest(s.mark_at, excluded.mark_at), run_id = excluded.run_id, updated_at = now();
    END IF;
    PERFORM fill_statistics(v_run.connection_id);
    PERFORM close_sync_run(p_run_id, v_status, v_kind, v_message);
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION finish_sync_run(bigint, integer, text, text) IS 'Close a run with the status that it earned, count what it did, store the statistics that are missing, and move the connection''s mark when everything was read. p_error_message: what a task before failed with. p_times_opened: as the caller knows the run; null does not ask. Returns the status; null: the run was taken up again by somebody else since.';
