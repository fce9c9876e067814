-- A delivery that can't be trusted leaves a count and nothing else.
CREATE FUNCTION count_webhook_refusal(p_public_id text, p_reason text)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO calendly_webhook_refusals AS f (subscription_id, reason, day)
    SELECT s.id, p_reason, (now() AT TIME ZONE 'UTC')::date
    FROM calendly_webhook_subscriptions s
    WHERE s.public_id = p_public_id
    ON CONFLICT (subscription_id, reason, day) DO UPDATE SET refusals = f.refusals + 1, last_refused_at = clock_timestamp()
$$;
COMMENT ON FUNCTION count_webhook_refusal(text, text) IS 'Count a delivery that was turned away.';
