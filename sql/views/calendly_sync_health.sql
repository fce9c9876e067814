-- The first thing to look at when bookings do not come.
CREATE VIEW calendly_sync_health AS
SELECT
    u.id AS user_id,
    u.email,
    u.last_calendly_sync,
    u.calendly_initial_sync_complete,
    coalesce(m.active, 0) AS active_calendly_meetings,
    coalesce(m.canceled, 0) AS canceled_calendly_meetings,
    coalesce(m.missing, 0) AS deleted_calendly_meetings,
    coalesce(m.by_webhook, 0) AS webhook_synced_meetings,
    u.calendly_webhook_enabled,
    s.state AS webhook_state,
    s.retry_started_at AS webhook_retry_started_at,
    s.checked_at AS webhook_checked_at,
    d.last_delivery_at,
    coalesce(d.waiting, 0) AS deliveries_waiting,
    coalesce(d.unreadable, 0) AS deliveries_unreadable,
    coalesce(f.refusals, 0) AS refusals,
    f.last_refused_at,
    u.calendly_is_active,
    u.calendly_reconnect_needed_at,
    u.calendly_reconnect_reason
FROM users u
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE e.status = 'active' AND e.missing_since IS NULL) AS active,
        count(*) FILTER (WHERE e.status = 'canceled' AND e.missing_since IS NULL) AS canceled,
        count(*) FILTER (WHERE e.missing_since IS NOT NULL) AS missing,
        count(*) FILTER (WHERE e.synced_via_webhook) AS by_webhook
    FROM meetings e
    WHERE e.user_id = u.id
) m ON true
LEFT JOIN LATERAL (
    SELECT w.state, w.retry_started_at, w.checked_at
    FROM calendly_webhook_subscriptions w
    WHERE w.user_id = u.id AND w.state <> 'deleted'
    -- A disabled one beside a live one is history; alone it is the answer.
    ORDER BY w.state = 'active' DESC, w.id DESC
    LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT
        max(e.last_seen_at) AS last_delivery_at,
        count(*) FILTER (WHERE e.apply_status IN ('pending', 'failed')) AS waiting,
        count(*) FILTER (WHERE e.apply_status = 'unreadable') AS unreadable
    FROM calendly_webhook_events e
    WHERE e.user_id = u.id
) d ON true
LEFT JOIN LATERAL (
    SELECT sum(r.refusals) AS refusals, max(r.last_refused_at) AS last_refused_at
    FROM calendly_webhook_refusals r
    JOIN calendly_webhook_subscriptions w ON w.id = r.subscription_id
    WHERE w.user_id = u.id
) f ON true;
COMMENT ON VIEW calendly_sync_health IS 'How each user''s Calendly sync fares: meetings, webhook, deliveries, refusals.';
COMMENT ON COLUMN calendly_sync_health.last_calendly_sync IS 'When the last complete sync began; null: there was none.';
COMMENT ON COLUMN calendly_sync_health.calendly_initial_sync_complete IS 'False: the next sync in mode auto is a full one.';
COMMENT ON COLUMN calendly_sync_health.active_calendly_meetings IS 'Meetings neither canceled nor missing.';
COMMENT ON COLUMN calendly_sync_health.canceled_calendly_meetings IS 'Meetings that are canceled and not missing.';
COMMENT ON COLUMN calendly_sync_health.deleted_calendly_meetings IS 'Meetings that Calendly no longer serves (missing_since is set); they stay on record.';
COMMENT ON COLUMN calendly_sync_health.webhook_synced_meetings IS 'Meetings that a webhook delivery wrote.';
COMMENT ON COLUMN calendly_sync_health.webhook_state IS 'Of the subscription, as Calendly last told it: active, disabled (delete and create it again), creating; null: there is none.';
COMMENT ON COLUMN calendly_sync_health.webhook_retry_started_at IS 'Set while Calendly repeats failed deliveries; a day later it disables the subscription.';
COMMENT ON COLUMN calendly_sync_health.refusals IS 'Deliveries turned away since the subscription was made: wrong or late signature, too large.';
COMMENT ON COLUMN calendly_sync_health.last_delivery_at IS 'When a delivery last came, known ones that came again included; null: none is kept.';
COMMENT ON COLUMN calendly_sync_health.deliveries_waiting IS 'Stored and not applied yet; the next delivery or sync of the user tries them again.';
COMMENT ON COLUMN calendly_sync_health.deliveries_unreadable IS 'Signed, but not of a known shape: a person should look at their raw_body.';
COMMENT ON COLUMN calendly_sync_health.calendly_is_active IS 'False: a person switched the user''s syncs off.';
COMMENT ON COLUMN calendly_sync_health.calendly_reconnect_needed_at IS 'Since when Calendly calls the token dead: a person must connect again.';
