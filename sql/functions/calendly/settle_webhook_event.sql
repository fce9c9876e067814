-- What became of a delivery, in the transaction that applied it.
CREATE FUNCTION settle_webhook_event(p_event_id bigint, p_apply_status text, p_apply_message text)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    UPDATE calendly_webhook_events
    SET apply_status = p_apply_status, apply_message = p_apply_message,
        applied_at = CASE WHEN p_apply_status IN ('applied', 'outdated') THEN clock_timestamp() END
    WHERE id = p_event_id
$$;
COMMENT ON FUNCTION settle_webhook_event(bigint, text, text) IS 'Record how a delivery was applied: applied, outdated, unreadable or failed, with a sentence without personal data.';
