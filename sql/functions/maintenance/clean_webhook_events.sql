-- Raw deliveries hold people's names and have served once they are applied; one that waits to be applied is never dropped.
CREATE FUNCTION clean_webhook_events(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT e.id
        FROM calendly_webhook_events e
        WHERE e.last_seen_at < p_before AND e.apply_status NOT IN ('pending', 'failed')
    ),
    taken AS (
        SELECT e.id
        FROM calendly_webhook_events e
        WHERE NOT p_dry_run AND e.last_seen_at < p_before AND e.apply_status NOT IN ('pending', 'failed')
            AND e.id IN (SELECT o.id FROM old o)
        LIMIT p_max_rows
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM calendly_webhook_events e USING taken WHERE e.id = taken.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_webhook_events(timestamptz, boolean, bigint) IS 'Delete webhook deliveries last seen before p_before, those that still wait to be applied excepted. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
