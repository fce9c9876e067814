-- Locked, so that each delivery is applied by one transaction however many ask; a failed one is tried again each time.
CREATE FUNCTION take_webhook_event(
    p_user_id bigint,
    p_after_id bigint,
    OUT event_id bigint,
    OUT raw_body bytea
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    SELECT e.id, e.raw_body
    FROM calendly_webhook_events e
    WHERE e.apply_status IN ('pending', 'failed') AND e.user_id = p_user_id AND e.id > p_after_id
    ORDER BY e.id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
$$;
COMMENT ON FUNCTION take_webhook_event(bigint, bigint) IS 'Lock the next delivery of a user that is not applied yet, behind p_after_id. event_id is null when there is none.';
