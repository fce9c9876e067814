-- Bookkeeping grows with every run; attendance is what it is for, and is never touched.
-- As the owner, so that a monitor may clean up without the right to delete.
CREATE FUNCTION cleanup_old_sync_data(p_days integer, p_dry_run boolean DEFAULT false, p_max_rows integer DEFAULT NULL)
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
AS $$
BEGIN
    IF p_days IS NULL THEN
        RAISE EXCEPTION 'p_days is null: give how many days to keep; scheduled_cleanup() uses the stored settings'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY SELECT * FROM clean_sync_data(p_days, p_dry_run, p_max_rows);
END
$$;
COMMENT ON FUNCTION cleanup_old_sync_data(integer, boolean, integer) IS 'Delete bookkeeping older than p_days days (0: all that has ended): lists of runs and what is still staged of them, activity, errors, runs, results of self-tests, call counts. Never attendance, webinars, gaps or marks; nothing of a run that is active; of runs the latest and the latest successful one of each connection stay, and those that a mark names. p_dry_run: only count. p_max_rows: delete no more rows than this in all, so that a caller can commit between calls; null: everything in one transaction. Takes no lock that a running sync waits for, and skips what others have locked. Columns: table_name; kept_since: what ended (or, for rows that outlive runs, came) before is old, null: all is kept; rows_found: old rows; rows_deleted: of these, by this call; is_dry_run; is_complete: no old row is left.';
