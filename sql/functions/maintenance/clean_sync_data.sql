-- One way through the tables, whoever asks and for how many days: what hangs on something goes before it.
-- As the owner, because nobody else may delete these rows.
CREATE FUNCTION clean_sync_data(p_days integer, p_dry_run boolean, p_max_rows integer)
RETURNS TABLE (
    table_name text,
    kept_since timestamptz,
    rows_found bigint,
    rows_deleted bigint,
    is_dry_run boolean,
    is_complete boolean
)
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER
SET search_path FROM CURRENT
SET work_mem = '64MB'
AS $$
DECLARE
    v_left bigint := p_max_rows;
BEGIN
    IF p_days < 0 THEN
        RAISE EXCEPTION 'p_days is %: give how many days to keep, 0 or more', p_days USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_dry_run IS NULL THEN
        RAISE EXCEPTION 'p_dry_run is null: say true (only look) or false (delete)' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_max_rows < 1 THEN
        RAISE EXCEPTION 'p_max_rows is %: give how many rows a call may delete, 1 or more, or null for all', p_max_rows
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    is_dry_run := p_dry_run;
    FOR table_name, kept_since IN
        SELECT c.name, r.kept_since
        FROM find_retention(p_days) r
        JOIN (
            VALUES
                (1, 'webinar_sync_queue', 'webinar_sync_queue'),
                (2, 'zoom_participant_staging', 'webinar_sync_queue'),
                (3, 'zoom_session_staging', 'webinar_sync_queue'),
                (4, 'zoom_person_staging', 'webinar_sync_queue'),
                (5, 'sync_progress_updates', 'sync_progress_updates'),
                (6, 'sync_error_logs', 'sync_error_logs'),
                (7, 'sync_runs', 'sync_runs'),
                (8, 'sync_test_results', 'sync_test_results'),
                (9, 'zoom_call_budgets', 'zoom_call_budgets'),
                (10, 'calendly_webhook_events', 'calendly_webhook_events')
        ) AS c (place, name, kept_as) ON c.kept_as = r.table_name
        ORDER BY c.place
    LOOP
        rows_found := 0;
        rows_deleted := 0;
        CASE
            WHEN kept_since IS NULL THEN
                NULL;  -- kept for ever
            WHEN table_name = 'webinar_sync_queue' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_queue_items(kept_since, p_dry_run, v_left);
            WHEN table_name = 'zoom_participant_staging' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_participant_staging(kept_since, p_dry_run, v_left);
            WHEN table_name = 'zoom_session_staging' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_session_staging(kept_since, p_dry_run, v_left);
            WHEN table_name = 'zoom_person_staging' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_person_staging(kept_since, p_dry_run, v_left);
            WHEN table_name = 'sync_progress_updates' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_progress_updates(kept_since, p_dry_run, v_left);
            WHEN table_name = 'sync_error_logs' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_error_logs(kept_since, p_dry_run, v_left);
            WHEN table_name = 'sync_runs' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_runs(kept_since, p_dry_run, v_left);
            WHEN table_name = 'sync_test_results' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_test_results(kept_since, p_dry_run, v_left);
            WHEN table_name = 'zoom_call_budgets' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_call_budgets(kept_since, p_dry_run, v_left);
            WHEN table_name = 'calendly_webhook_events' THEN
                SELECT * INTO rows_found, rows_deleted FROM clean_webhook_events(kept_since, p_dry_run, v_left);
        END CASE;
        v_left := v_left - rows_deleted;
        is_complete := rows_deleted >= rows_found;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION clean_sync_data(integer, boolean, integer) IS 'Delete what is older than p_days from the tables of bookkeeping, or than their stored retention settings where p_days is null; at most p_max_rows rows in all (null: as many as there are). A row per table, as cleanup_old_sync_data() explains them.';
