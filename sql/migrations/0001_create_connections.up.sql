-- Accounts that are read, and what their plans allow.

CREATE TABLE zoom_plans (
    plan text PRIMARY KEY,
    description text NOT NULL
);
COMMENT ON TABLE zoom_plans IS 'The plans a Zoom account can be on. The API does not tell an app its plan, so a person states it with the connection.';

CREATE TABLE zoom_plan_limits (
    plan text NOT NULL REFERENCES zoom_plans (plan),
    label text NOT NULL,
    calls_per_second numeric(8, 4),
    daily_pool text NOT NULL,
    calls_per_day integer,
    pace numeric(3, 2) NOT NULL DEFAULT 0.95,
    daily_share numeric(3, 2) NOT NULL DEFAULT 0.80,
    PRIMARY KEY (plan, label),
    CONSTRAINT label_is_known CHECK (label IN ('light', 'medium', 'heavy', 'resource_intensive')),
    CONSTRAINT rate_is_positive CHECK (calls_per_second > 0),
    CONSTRAINT day_budget_is_positive CHECK (calls_per_day > 0),
    CONSTRAINT pace_is_a_share CHECK (pace > 0 AND pace <= 1),
    CONSTRAINT daily_share_is_a_share CHECK (daily_share > 0 AND daily_share <= 1)
);
COMMENT ON TABLE zoom_plan_limits IS 'Zoom''s rate limits by plan and label (Zoom API reference, rate limits). Rows a DBA may change.';
COMMENT ON COLUMN zoom_plan_limits.calls_per_second IS 'Calls a second for the whole account; null means no limit.';
COMMENT ON COLUMN zoom_plan_limits.daily_pool IS 'Labels with the same pool share one daily budget, as heavy and resource-intensive calls do.';
COMMENT ON COLUMN zoom_plan_limits.calls_per_day IS 'Calls a day (UTC) for the pool; null means no cap.';
COMMENT ON COLUMN zoom_plan_limits.pace IS 'Share of the per-second limit that rollcall uses, so that clock jitter never makes one call too many.';
COMMENT ON COLUMN zoom_plan_limits.daily_share IS 'Share of the daily budget that rollcall uses; the rest is the reserve for the other apps of the account.';

INSERT INTO zoom_plans (plan, description) VALUES
    ('free', 'Basic account'),
    ('pro', 'Pro account; the safe choice when in doubt'),
    ('business', 'Business, Education, Enterprise and Partner accounts'),
    ('unlimited', 'No limits: for the sandbox only');

INSERT INTO zoom_plan_limits (plan, label, calls_per_second, daily_pool, calls_per_day) VALUES
    ('free', 'light', 4, 'light', 6000),
    ('free', 'medium', 2, 'medium', 2000),
    ('free', 'heavy', 1, 'heavy', 1000),
    ('free', 'resource_intensive', 0.1666, 'resource_intensive', 30000),
    ('pro', 'light', 30, 'light', NULL),
    ('pro', 'medium', 20, 'medium', NULL),
    ('pro', 'heavy', 10, 'heavy', 30000),
    ('pro', 'resource_intensive', 0.1666, 'heavy', 30000),
    ('business', 'light', 80, 'light', NULL),
    ('business', 'medium', 60, 'medium', NULL),
    ('business', 'heavy', 40, 'heavy', 60000),
    ('business', 'resource_intensive', 0.3333, 'heavy', 60000),
    ('unlimited', 'light', NULL, 'light', NULL),
    ('unlimited', 'medium', NULL, 'medium', NULL),
    ('unlimited', 'heavy', NULL, 'heavy', NULL),
    ('unlimited', 'resource_intensive', NULL, 'heavy', NULL);

CREATE TABLE zoom_connections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    account_id text,
    kind text NOT NULL,
    plan text NOT NULL DEFAULT 'pro' REFERENCES zoom_plans (plan),
    api_url text NOT NULL DEFAULT 'https://api.zoom.us/v2',
    oauth_url text NOT NULL DEFAULT 'https://zoom.us/oauth/token',
    client_id text NOT NULL,
    client_secret_encrypted text NOT NULL,
    refresh_token_encrypted text,
    access_token_encrypted text,
    token_expires_at timestamptz,
    granted_scopes text[],
    is_active boolean NOT NULL DEFAULT true,
    reconnect_needed_at timestamptz,
    reconnect_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT name_is_a_plain_word CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
    CONSTRAINT kind_is_known CHECK (kind IN ('server_to_server', 'oauth')),
    CONSTRAINT server_to_server_has_an_account CHECK (kind <> 'server_to_server' OR account_id IS NOT NULL),
    CONSTRAINT oauth_has_a_refresh_token CHECK (kind <> 'oauth' OR refresh_token_encrypted IS NOT NULL)
);
COMMENT ON TABLE zoom_connections IS 'One row per Zoom account that is read. Secrets are Fernet-encrypted by rollcall; the keys are not in this database.';
COMMENT ON COLUMN zoom_connections.account_id IS 'Zoom account; connections with the same account share its call budgets.';
COMMENT ON COLUMN zoom_connections.is_active IS 'False: no run starts for this connection.';
COMMENT ON COLUMN zoom_connections.token_expires_at IS 'When the stored access token ends; it is renewed by the next call that needs it.';
COMMENT ON COLUMN zoom_connections.granted_scopes IS 'Scopes that the last token answer granted.';
COMMENT ON COLUMN zoom_connections.reconnect_needed_at IS 'Set when Zoom declared the credentials dead: a person must connect again.';

CREATE TABLE zoom_call_slots (
    account text NOT NULL,
    label text NOT NULL,
    next_slot_at timestamptz NOT NULL,
    PRIMARY KEY (account, label)
);
COMMENT ON TABLE zoom_call_slots IS 'The limiter: when the next call of a label may go out, for an account, over all workers on all machines.';
COMMENT ON COLUMN zoom_call_slots.account IS 'Zoom account id, or connection:<id> where none is known.';

CREATE TABLE zoom_call_budgets (
    account text NOT NULL,
    daily_pool text NOT NULL,
    day date NOT NULL,
    calls integer NOT NULL DEFAULT 0,
    exhausted_until timestamptz,
    PRIMARY KEY (account, daily_pool, day)
);
COMMENT ON TABLE zoom_call_budgets IS 'Calls that rollcall spent, by account, pool and UTC day.';
COMMENT ON COLUMN zoom_call_budgets.exhausted_until IS 'Set when Zoom itself said that the day''s budget is gone: nobody calls before this time.';

CREATE TABLE sync_retry_policies (
    kind text PRIMARY KEY,
    attempts integer NOT NULL,
    first_delay_seconds numeric(10, 3) NOT NULL,
    factor numeric(6, 3) NOT NULL,
    max_delay_seconds numeric(10, 3) NOT NULL,
    CONSTRAINT kind_is_known CHECK (kind IN ('rate_limit', 'network_error', 'server_error', 'auth_error', 'data_error')),
    CONSTRAINT at_least_one_attempt CHECK (attempts >= 1),
    CONSTRAINT delays_grow CHECK (first_delay_seconds >= 0 AND factor >= 1 AND max_delay_seconds >= first_delay_seconds)
);
COMMENT ON TABLE sync_retry_policies IS 'How often and how patiently a failed call is tried again, by kind of error. Rows a DBA may change; read at the start of each task.';
COMMENT ON COLUMN sync_retry_policies.attempts IS 'Tries in all, the first one included.';
COMMENT ON COLUMN sync_retry_policies.factor IS 'Each delay is the last one times this, up to max_delay_seconds; a wait that the source itself states is honoured in full instead.';

INSERT INTO sync_retry_policies (kind, attempts, first_delay_seconds, factor, max_delay_seconds) VALUES
    ('rate_limit', 8, 1, 2, 60),
    ('network_error', 6, 0.5, 2, 30),
    ('server_error', 6, 0.5, 2, 30),
    ('auth_error', 2, 0, 1, 0),
    ('data_error', 2, 0.5, 2, 5);
