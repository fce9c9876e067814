-- For a person who thinks of deliveries only; scheduled_cleanup() does the same by its stored days.
-- As the owner, so that a monitor may clean up without the right to delete.
CREATE FUNCTION clean_old_webhook_events(p_days integer DEFAULT 30)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_days IS NULL OR p_days < 0 THEN
        RAISE 'p_days is %: give the number of days to keep, 0 or more', coalesce(p_days::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- No day is further back than a date can go.
    RETURN (SELECT c.rows_deleted FROM clean_webhook_events(now() - make_interval(days => least(p_days, 100000)), false, NULL) c);
END
$$;
COMMENT ON FUNCTION clean_old_webhook_events(integer) IS 'Delete webhook deliveries last seen more than p_days days ago, those that still wait to be applied excepted. Returns how many.';
