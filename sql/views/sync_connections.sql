-- Everything that runs belong to, in one shape and without a secret: health, alerts and reports start here.
CREATE VIEW sync_connections AS
SELECT
    'zoom'::text AS source,
    c.id AS connection_id,
    c.name,
    c.plan,
    coalesce(c.account_id, 'connection:' || c.id) AS account,
    c.is_active,
    c.token_expires_at,
    c.reconnect_needed_at,
    c.reconnect_reason,
    c.created_at
FROM zoom_connections c
UNION ALL
SELECT
    'calendly',
    u.id,
    u.email,
    NULL,
    NULL,
    u.calendly_is_active,
    u.calendly_token_expires_at,
    u.calendly_reconnect_needed_at,
    u.calendly_reconnect_reason,
    u.calendly_connected_at
FROM users u
WHERE u.calendly_token_encrypted IS NOT NULL;
COMMENT ON VIEW sync_connections IS 'Every connection of every source, without secrets.';
COMMENT ON COLUMN sync_connections.name IS 'Name of the Zoom connection, or e-mail of the Calendly user.';
COMMENT ON COLUMN sync_connections.account IS 'Connections with the same account share its call budgets.';
COMMENT ON COLUMN sync_connections.token_expires_at IS 'When the stored access token ends. The next call that needs one renews it: an old date alone is no fault.';
COMMENT ON COLUMN sync_connections.reconnect_needed_at IS 'Since when the source calls the credentials dead: a person must connect again.';
