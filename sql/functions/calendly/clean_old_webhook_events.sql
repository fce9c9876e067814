-- Raw deliveries hold people's names and have served once they are applied; one that waits to be applied is never dropped.
CREATE FUNCTION clean_old_webhook_events(p_days integer DEFAULT 30)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    v_deleted integer;
BEGIN
    IF p_days IS NULL OR p_days < 0 THEN
        RAISE 'p_days is %: give the number of days to keep, 0 or more', coalesce(p_days::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH old AS (
        SELECT e.id FROM calendly_webhook_events e
        WHERE e.last_seen_at < now() - make_interval(days => p_days) AND e.apply_status NOT IN ('pending', 'failed')
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM calendly_webhook_events e USING old o WHERE e.id = o.id RETURNING 1
    )
    SELECT count(*) INTO v_deleted FROM deleted;
    RETURN v_deleted;
END
$$;
COMMENT ON FUNCTION clean_old_webhook_events(integer) IS 'Delete webhook deliveries last seen more than p_days days ago, those that still wait to be applied excepted. Returns how many.';
