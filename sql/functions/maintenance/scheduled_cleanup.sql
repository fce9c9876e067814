-- For pg_cron, or a person who does not want to think about days.
CREATE FUNCTION scheduled_cleanup()
RETURNS TABLE (
    table_name text,
    kept_since timestamptz,
    rows_found bigint,
    rows_deleted bigint,
    is_dry_run boolean,
    is_complete boolean
)
LANGUAGE sql VOLATILE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT * FROM clean_sync_data(NULL, false, NULL)
$$;
COMMENT ON FUNCTION scheduled_cleanup() IS 'Like cleanup_old_sync_data(), with the days that sync_retention_settings gives for each table; old webhook deliveries go, too, as with clean_old_webhook_events(). For pg_cron: SELECT cron.schedule(''rollcall-cleanup'', ''30 3 * * *'', ''SELECT scheduled_cleanup()''), as a role that has the schema on its search path, like rollcall_monitor. Columns: table_name; kept_since: what ended (or, for rows that outlive runs, came) before is old, null: all is kept; rows_found: old rows; rows_deleted: of these, by this call; is_dry_run; is_complete: no old row is left.';
