-- A run can't go before what hangs on it, so it is never kept for less.
CREATE FUNCTION find_retention(p_days integer)
RETURNS TABLE (table_name text, kept_since timestamptz)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH setting AS (
        SELECT t.name, CASE WHEN p_days IS NULL THEN s.keep_days ELSE p_days END AS keep_days
        FROM unnest(ARRAY[
            'webinar_sync_queue', 'sync_progress_updates', 'sync_error_logs', 'sync_runs', 'sync_test_results', 'zoom_call_budgets',
            'calendly_webhook_events'
        ]) AS t (name)
        LEFT JOIN sync_retention_settings s ON s.table_name = t.name
        -- What Calendly sent is no bookkeeping: how old is old says its own setting alone.
        WHERE p_days IS NULL OR t.name <> 'calendly_webhook_events'
    ),
    longest AS (
        SELECT s.name, CASE
            WHEN s.name <> 'sync_runs' THEN s.keep_days
            WHEN EXISTS (
                SELECT FROM setting o
                WHERE o.keep_days IS NULL AND o.name IN ('sync_runs', 'webinar_sync_queue', 'sync_progress_updates', 'sync_error_logs')
            ) THEN NULL
            ELSE (
                SELECT max(o.keep_days) FROM setting o
                WHERE o.name IN ('sync_runs', 'webinar_sync_queue', 'sync_progress_updates', 'sync_error_logs')
            )
        END AS keep_days
        FROM setting s
    )
    -- No day is further back than a date can go. A null must stay one, and least() would drop it.
    SELECT l.name, CASE WHEN l.keep_days IS NOT NULL THEN now() - make_interval(days => least(l.keep_days, 100000)) END
    FROM longest l
$$;
COMMENT ON FUNCTION find_retention(integer) IS 'Since when the rows of each table are kept: for p_days days, or for as long as the stored settings say where p_days is null. kept_since null: for ever.';
