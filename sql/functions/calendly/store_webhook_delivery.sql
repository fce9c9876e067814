-- Calendly sends no delivery id and promises neither order nor once: the same booking again is counted on its row.
CREATE FUNCTION store_webhook_delivery(
    p_public_id text,
    p_delivery_key text,
    p_event_type text,
    p_payload_uri text,
    p_raw_body bytea,
    p_sent_at timestamptz,
    p_apply_status text,
    p_apply_message text,
    OUT event_id bigint,
    OUT user_id bigint,
    OUT is_new boolean
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO calendly_webhook_events AS e (
        subscription_id, user_id, delivery_key, event_type, payload_uri, raw_body, sent_at, apply_status, apply_message
    )
    SELECT s.id, s.user_id, p_delivery_key, p_event_type, p_payload_uri, p_raw_body, p_sent_at, p_apply_status, p_apply_message
    FROM calendly_webhook_subscriptions s
    WHERE s.public_id = p_public_id
    ON CONFLICT (delivery_key) DO UPDATE SET seen_count = e.seen_count + 1, last_seen_at = clock_timestamp()
    RETURNING e.id, e.user_id, e.seen_count = 1
$$;
COMMENT ON FUNCTION store_webhook_delivery(text, text, text, text, bytea, timestamptz, text, text) IS 'Store a verified delivery, or count it where it is known. event_id is null where there is no such subscription.';
