-- What only Calendly's webhooks can suffer from. Calendly tells nobody when it gives up on a subscription, and replays nothing.
CREATE VIEW calendly_health_measures AS
SELECT
    'calendly'::text AS source, c.connection_id, c.name AS connection_name,
    CASE w.state WHEN 'disabled' THEN 'webhook_disabled' ELSE 'webhook_retrying' END AS check_name,
    CASE w.state
        WHEN 'disabled' THEN 1
        ELSE round(extract(epoch FROM now() - w.retry_started_at) / 3600, 1)
    END AS value,
    CASE w.state WHEN 'disabled' THEN coalesce(w.retry_started_at, w.updated_at) ELSE w.retry_started_at END AS since,
    CASE w.state
        WHEN 'disabled' THEN format(
            'Calendly has disabled webhook subscription %s of %s after a day of failed deliveries: bookings come with the next sync only.', w.id, c.name
        )
        ELSE format('Calendly repeats failed deliveries of webhook subscription %s of %s, and disables it after a day of failures.', w.id, c.name)
    END AS detail,
    CASE w.state
        WHEN 'disabled' THEN format(
            'It can''t be enabled again: rollcall calendly webhook create %s --url <API server> replaces it; then, for what was missed: rollcall sync calendly %s',
            c.name, c.name
        )
        ELSE format('See whether the API server can be reached from outside and what its log says; then: rollcall calendly webhook status %s', c.name)
    END AS action
FROM calendly_webhook_subscriptions w
JOIN sync_connections c ON c.source = 'calendly' AND c.connection_id = w.user_id
WHERE c.is_active AND (w.state = 'disabled' OR (w.state = 'active' AND w.retry_started_at IS NOT NULL))
    -- A disabled one beside a live one is history.
    AND NOT (w.state = 'disabled' AND EXISTS (
        SELECT FROM calendly_webhook_subscriptions n WHERE n.user_id = w.user_id AND n.state = 'active'
    ))
UNION ALL
SELECT
    'calendly', c.connection_id, c.name, 'deliveries_waiting',
    round(extract(epoch FROM now() - min(e.created_at)) / 60, 1), min(e.created_at),
    format('%s webhook deliveries are stored and not applied, %s of them failed.', count(*), count(*) FILTER (WHERE e.apply_status = 'failed')),
    format('The next delivery or sync applies them: rollcall sync calendly %s. Why one failed: SELECT apply_message FROM calendly_webhook_events WHERE apply_status = ''failed'';', c.name)
FROM calendly_webhook_events e
JOIN sync_connections c ON c.source = 'calendly' AND c.connection_id = e.user_id
WHERE e.apply_status IN ('pending', 'failed') AND c.is_active
GROUP BY c.connection_id, c.name
UNION ALL
SELECT
    'calendly', c.connection_id, c.name, 'deliveries_unreadable', count(*), min(e.created_at),
    format('%s webhook deliveries were signed rightly but could not be understood.', count(*)),
    'Look at them: SELECT id, apply_message, encode(raw_body, ''escape'') FROM calendly_webhook_events WHERE apply_status = ''unreadable''; a sync of their time brings what they told.'
FROM calendly_webhook_events e
JOIN sync_connections c ON c.source = 'calendly' AND c.connection_id = e.user_id
WHERE e.apply_status = 'unreadable' AND e.last_seen_at > now() - interval '7 days' AND c.is_active
GROUP BY c.connection_id, c.name
UNION ALL
SELECT
    'calendly', c.connection_id, c.name, 'webhook_refusals', sum(f.refusals), min(f.day)::timestamp AT TIME ZONE 'UTC',
    format('%s webhook deliveries were turned away yesterday and today: %s.', sum(f.refusals), string_agg(DISTINCT f.reason, ', ')),
    'mismatch: another key signs, rotate it with rollcall calendly webhook rotate; too_old or in_future: compare the clocks, or raise the tolerance; others: somebody tries the address.'
FROM calendly_webhook_refusals f
JOIN calendly_webhook_subscriptions w ON w.id = f.subscription_id
JOIN sync_connections c ON c.source = 'calendly' AND c.connection_id = w.user_id
WHERE f.day >= (now() AT TIME ZONE 'UTC')::date - 1 AND c.is_active
GROUP BY c.connection_id, c.name;
COMMENT ON VIEW calendly_health_measures IS 'The part of sync_health_measures that is about Calendly''s webhooks: subscriptions, and deliveries that wait, can''t be read or were turned away.';
COMMENT ON COLUMN calendly_health_measures.check_name IS 'As in sync_health_thresholds, which says what is measured and in which unit.';
COMMENT ON COLUMN calendly_health_measures.since IS 'When what is measured began.';
