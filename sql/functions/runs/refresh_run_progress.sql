-- Counts come from the queue, so that page commits of different workers never wait for one another on the run's row.
CREATE FUNCTION refresh_run_progress(p_run_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run sync_runs;
    v_count record;
    v_progress numeric;
BEGIN
    SELECT
        count(*) AS items,
        count(*) FILTER (WHERE k.is_fetched) AS items_done,
        count(*) FILTER (WHERE k.is_instance) AS instances,
        count(*) FILTER (WHERE k.is_instance AND k.is_fetched) AS fetched,
        count(*) FILTER (WHERE k.is_instance AND k.is_sessionized) AS sessionized,
        count(*) FILTER (WHERE k.is_instance AND k.is_done) AS done,
        coalesce(sum(q.pages), 0) AS pages,
        -- Half a list that ended in a gap is not stored, so it does not count.
        coalesce(sum(q.rows_fetched) FILTER (WHERE k.is_instance AND q.status <> 'gap'), 0) AS rows_fetched,
        coalesce(sum(q.total_records) FILTER (WHERE k.is_instance), 0) AS rows_expected,
        sum(k.weight) AS weight,
        sum(CASE WHEN k.is_fetched THEN k.weight ELSE least(q.rows_fetched, coalesce(q.total_records, 0)) / 300.0 END) AS weight_done
    INTO v_count
    FROM webinar_sync_queue q
    LEFT JOIN zoom_webinar_instances i ON i.id = q.instance_id
    CROSS JOIN LATERAL (
        SELECT
            q.kind IN ('participants', 'invitees') AS is_instance,
            q.status IN ('fetched', 'sessionized', 'done', 'gap', 'failed') AS is_fetched,
            q.status IN ('sessionized', 'done', 'gap', 'failed') AS is_sessionized,
            q.status IN ('done', 'gap', 'failed') AS is_done,
            -- An item weighs one call and a page for every 300 rows that it has, or is likely to have.
            1 + coalesce(q.total_records, i.participants_count, 0) / 300.0 AS weight
    ) k
    WHERE q.run_id = p_run_id;

    SELECT * INTO v_run FROM sync_runs WHERE id = p_run_id AND status IN ('running', 'waiting') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_progress := greatest(
        v_run.progress_percentage,
        round(
            CASE v_run.current_phase
                WHEN 'discover' THEN 0
                WHEN 'fetch' THEN 5 + 75 * coalesce(v_count.weight_done / nullif(v_count.weight, 0), 0)
                WHEN 'sessionize' THEN 80 + 8.0 * v_count.sessionized / greatest(v_count.instances, 1)
                WHEN 'upsert' THEN 88 + 10.0 * v_count.done / greatest(v_count.instances, 1)
                ELSE 98
            END, 2)
    );
    UPDATE sync_runs SET
        progress_percentage = v_progress,
        items_queued = v_count.items,
        items_done = v_count.items_done,
        instances_queued = v_count.instances,
        instances_done = CASE v_run.current_phase WHEN 'fetch' THEN v_count.fetched WHEN 'sessionize' THEN v_count.sessionized ELSE v_count.done END,
        pages_fetched = v_count.pages,
        rows_fetched = v_count.rows_fetched,
        rows_expected = v_count.rows_expected,
        message = CASE v_run.current_phase
            WHEN 'fetch' THEN CASE source
                WHEN 'calendly' THEN format('Read %s of %s lists of invitees', v_count.fetched, v_count.instances)
                ELSE format('Fetched %s of %s instances, %s rows', v_count.fetched, v_count.instances, v_count.rows_fetched)
            END
            WHEN 'sessionize' THEN format('Sessionized %s of %s instances', v_count.sessionized, v_count.instances)
            WHEN 'upsert' THEN format('Upserted %s of %s instances', v_count.done, v_count.instances)
            ELSE message
        END,
        heartbeat_at = clock_timestamp(),
        waiting_until = CASE WHEN waiting_until > clock_timestamp() THEN waiting_until END,
        waiting_reason = CASE WHEN waiting_until > clock_timestamp() THEN waiting_reason END,
        estimated_end_at = CASE WHEN v_progress > 0
            THEN clock_timestamp() + (clock_timestamp() - v_run.started_at) * ((100 - v_progress) / v_progress)::double precision END
    WHERE id = p_run_id;
    IF floor(v_progress / 10) > floor(v_run.progress_percentage / 10) THEN
        -- Lists of people move the bar and not what is told of instances: nobody need read that again.
        INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)
        SELECT r.id, r.current_phase, r.progress_percentage, r.message
        FROM sync_runs r
        WHERE r.id = p_run_id AND r.message IS DISTINCT FROM (
            SELECT u.message FROM sync_progress_updates u WHERE u.run_id = r.id ORDER BY u.id DESC LIMIT 1
        );
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION refresh_run_progress(bigint) IS 'Bring a run''s counts, percentage and estimated end up to date with its queue. False: the run has ended, the caller must stop.';
