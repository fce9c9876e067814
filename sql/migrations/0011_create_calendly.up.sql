-- Calendly: users, their meetings and invitees, and what comes by webhook.

-- The tables may be there already, from whatever synced before: what is missing is added, and what was found is written
-- down, so that the way back takes only what came from here.
CREATE TABLE calendly_found_before (
    table_name text NOT NULL,
    column_name text NOT NULL,
    table_owner text NOT NULL,
    table_comment text,
    column_comment text,
    PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE calendly_found_before IS 'Columns of users, meetings, meeting_invitees and calendly_webhook_events that were there before rollcall''s migration added its own.';
INSERT INTO calendly_found_before (table_name, column_name, table_owner, table_comment, column_comment)
SELECT c.relname, a.attname, r.rolname, obj_description(c.oid, 'pg_class'), col_description(c.oid, a.attnum)
FROM pg_class c
JOIN pg_roles r ON r.oid = c.relowner
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    AND c.relname IN ('users', 'meetings', 'meeting_invitees', 'calendly_webhook_events');
DO $$
DECLARE
    v_found record;
BEGIN
    -- Only its owner can add columns to a table; whoever owned it keeps every right on its rows.
    FOR v_found IN
        SELECT DISTINCT f.table_name, f.table_owner FROM calendly_found_before f WHERE f.table_owner <> current_user
    LOOP
        RESET ROLE;
        EXECUTE format('ALTER TABLE rollcall.%I OWNER TO rollcall_owner', v_found.table_name);
        SET LOCAL ROLE rollcall_owner;
        EXECUTE format('GRANT ALL ON rollcall.%I TO %I', v_found.table_name, v_found.table_owner);
    END LOOP;
    FOR v_found IN
        SELECT DISTINCT s.relname AS sequence_name, f.table_owner
        FROM calendly_found_before f
        JOIN pg_class c ON c.relnamespace = current_schema()::regnamespace AND c.relname = f.table_name
        JOIN pg_depend d ON d.refobjid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE f.table_owner <> current_user
    LOOP
        EXECUTE format('GRANT ALL ON SEQUENCE rollcall.%I TO %I', v_found.sequence_name, v_found.table_owner);
    END LOOP;
END
$$;

CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS email text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS calendly_user_uri text,
    ADD COLUMN IF NOT EXISTS calendly_organization_uri text,
    ADD COLUMN IF NOT EXISTS calendly_role text,
    ADD COLUMN IF NOT EXISTS calendly_scope text NOT NULL DEFAULT 'user'
        CONSTRAINT calendly_scope_is_known CHECK (calendly_scope IN ('user', 'organization')),
    ADD COLUMN IF NOT EXISTS calendly_token_kind text NOT NULL DEFAULT 'personal'
        CONSTRAINT calendly_token_kind_is_known CHECK (calendly_token_kind IN ('personal', 'oauth')),
    ADD COLUMN IF NOT EXISTS calendly_api_url text NOT NULL DEFAULT 'https://api.calendly.com',
    ADD COLUMN IF NOT EXISTS calendly_oauth_url text NOT NULL DEFAULT 'https://auth.calendly.com/oauth/token',
    ADD COLUMN IF NOT EXISTS calendly_client_id text,
    ADD COLUMN IF NOT EXISTS calendly_client_secret_encrypted text,
    ADD COLUMN IF NOT EXISTS calendly_token_encrypted text,
    ADD COLUMN IF NOT EXISTS calendly_refresh_token_encrypted text,
    ADD COLUMN IF NOT EXISTS calendly_token_expires_at timestamptz,
    ADD COLUMN IF NOT EXISTS calendly_is_active boolean NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS calendly_reconnect_needed_at timestamptz,
    ADD COLUMN IF NOT EXISTS calendly_reconnect_reason text,
    ADD COLUMN IF NOT EXISTS calendly_connected_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS last_calendly_sync timestamptz,
    ADD COLUMN IF NOT EXISTS calendly_initial_sync_complete boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS calendly_webhook_enabled boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX calendly_users_by_email ON users (lower(email)) WHERE calendly_token_encrypted IS NOT NULL;
COMMENT ON TABLE users IS 'People whose Calendly is read, one row each, as themselves or for their organization. Secrets are Fernet-encrypted by rollcall; the keys are not in this database.';
COMMENT ON COLUMN users.calendly_scope IS 'user: the person''s own events; organization: everybody''s, which needs an owner or admin.';
COMMENT ON COLUMN users.calendly_role IS 'The person''s role in the organization, as last seen: when it changes, nothing is taken for missing.';
COMMENT ON COLUMN users.calendly_token_encrypted IS 'Personal access token, or the OAuth access token of the moment.';
COMMENT ON COLUMN users.last_calendly_sync IS 'When the last complete sync began.';
COMMENT ON COLUMN users.calendly_initial_sync_complete IS 'False: the next sync in mode auto is a full one. Set it to false to force one.';
COMMENT ON COLUMN users.calendly_webhook_enabled IS 'True while rollcall has a live webhook subscription for this user.';
COMMENT ON COLUMN users.calendly_reconnect_needed_at IS 'Set when Calendly declared the token dead: a person must connect again.';

CREATE TABLE IF NOT EXISTS meetings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
ALTER TABLE meetings
    ADD COLUMN IF NOT EXISTS user_id bigint,
    ADD COLUMN IF NOT EXISTS uri text,
    ADD COLUMN IF NOT EXISTS name text,
    ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'active',
    ADD COLUMN IF NOT EXISTS start_time timestamptz,
    ADD COLUMN IF NOT EXISTS end_time timestamptz,
    ADD COLUMN IF NOT EXISTS event_type_uri text,
    ADD COLUMN IF NOT EXISTS location_type text,
    ADD COLUMN IF NOT EXISTS location jsonb,
    ADD COLUMN IF NOT EXISTS join_url text,
    ADD COLUMN IF NOT EXISTS invitees_total integer,
    ADD COLUMN IF NOT EXISTS invitees_active integer,
    ADD COLUMN IF NOT EXISTS invitees_limit integer,
    ADD COLUMN IF NOT EXISTS hosts jsonb,
    ADD COLUMN IF NOT EXISTS guests jsonb,
    ADD COLUMN IF NOT EXISTS calendar_kind text,
    ADD COLUMN IF NOT EXISTS calendar_external_id text,
    ADD COLUMN IF NOT EXISTS meeting_notes_plain text,
    ADD COLUMN IF NOT EXISTS meeting_notes_html text,
    ADD COLUMN IF NOT EXISTS canceled_by text,
    ADD COLUMN IF NOT EXISTS cancel_reason text,
    ADD COLUMN IF NOT EXISTS canceler_type text,
    ADD COLUMN IF NOT EXISTS canceled_at timestamptz,
    ADD COLUMN IF NOT EXISTS event_created_at timestamptz,
    ADD COLUMN IF NOT EXISTS event_updated_at timestamptz,
    ADD COLUMN IF NOT EXISTS other_fields jsonb,
    ADD COLUMN IF NOT EXISTS marks text[],
    ADD COLUMN IF NOT EXISTS synced_via_webhook boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS missing_since timestamptz,
    ADD COLUMN IF NOT EXISTS missing_reason text,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE meetings
    ADD CONSTRAINT meeting_has_a_user FOREIGN KEY (user_id) REFERENCES users (id),
    ADD CONSTRAINT one_row_per_event UNIQUE (uri),
    ADD CONSTRAINT meeting_status_is_known CHECK (status IN ('active', 'canceled')),
    ADD CONSTRAINT missing_has_a_reason CHECK ((missing_since IS NULL) = (missing_reason IS NULL)),
    ADD CONSTRAINT missing_reason_is_known CHECK (missing_reason IN ('gone', 'no_access'));
CREATE INDEX meetings_by_user_and_start ON meetings (user_id, start_time);
COMMENT ON TABLE meetings IS 'One row per scheduled event of Calendly. Never deleted: an event that Calendly no longer serves is marked missing.';
COMMENT ON COLUMN meetings.uri IS 'Calendly''s identity of the event: a full address, in any of the forms that it ever had.';
COMMENT ON COLUMN meetings.user_id IS 'Through whom rollcall came to know the event first.';
COMMENT ON COLUMN meetings.status IS 'active or canceled. Canceled is for good: a late delivery never makes it active again.';
COMMENT ON COLUMN meetings.invitees_total IS 'Calendly''s own counter, canceled invitees included.';
COMMENT ON COLUMN meetings.hosts IS 'Array of {user, email, name}.';
COMMENT ON COLUMN meetings.event_updated_at IS 'Calendly''s updated_at: what is older than the stored one is not applied.';
COMMENT ON COLUMN meetings.marks IS 'Names of the fields that came in a form that could not be read.';
COMMENT ON COLUMN meetings.synced_via_webhook IS 'True once a webhook delivery wrote this row.';
COMMENT ON COLUMN meetings.missing_since IS 'Since when Calendly no longer lists it, confirmed by asking for the event itself; cleared when it is back.';
COMMENT ON COLUMN meetings.missing_reason IS 'gone (Calendly answers 404) or no_access (403: it may be there, this user can no longer see it).';

CREATE TABLE IF NOT EXISTS meeting_invitees (
    uri text PRIMARY KEY
);
ALTER TABLE meeting_invitees
    ADD COLUMN IF NOT EXISTS meeting_id bigint,
    ADD COLUMN IF NOT EXISTS event_uri text,
    ADD COLUMN IF NOT EXISTS email text,
    ADD COLUMN IF NOT EXISTS name text,
    ADD COLUMN IF NOT EXISTS first_name text,
    ADD COLUMN IF NOT EXISTS last_name text,
    ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'active',
    ADD COLUMN IF NOT EXISTS timezone text,
    ADD COLUMN IF NOT EXISTS questions_and_answers jsonb,
    ADD COLUMN IF NOT EXISTS tracking jsonb,
    ADD COLUMN IF NOT EXISTS text_reminder_number text,
    ADD COLUMN IF NOT EXISTS rescheduled boolean,
    ADD COLUMN IF NOT EXISTS old_invitee_uri text,
    ADD COLUMN IF NOT EXISTS new_invitee_uri text,
    ADD COLUMN IF NOT EXISTS canceled_by text,
    ADD COLUMN IF NOT EXISTS cancel_reason text,
    ADD COLUMN IF NOT EXISTS canceler_type text,
    ADD COLUMN IF NOT EXISTS canceled_at timestamptz,
    ADD COLUMN IF NOT EXISTS no_show_uri text,
    ADD COLUMN IF NOT EXISTS no_show_at timestamptz,
    ADD COLUMN IF NOT EXISTS no_show_removed_uri text,
    ADD COLUMN IF NOT EXISTS payment jsonb,
    ADD COLUMN IF NOT EXISTS reconfirmation jsonb,
    ADD COLUMN IF NOT EXISTS routing_form_submission_uri text,
    ADD COLUMN IF NOT EXISTS scheduling_method text,
    ADD COLUMN IF NOT EXISTS invitee_scheduled_by text,
    ADD COLUMN IF NOT EXISTS invitee_created_at timestamptz,
    ADD COLUMN IF NOT EXISTS invitee_updated_at timestamptz,
    ADD COLUMN IF NOT EXISTS other_fields jsonb,
    ADD COLUMN IF NOT EXISTS marks text[],
    ADD COLUMN IF NOT EXISTS synced_via_webhook boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE meeting_invitees
    ADD CONSTRAINT invitee_has_a_meeting FOREIGN KEY (meeting_id) REFERENCES meetings (id),
    ADD CONSTRAINT invitee_status_is_known CHECK (status IN ('active', 'canceled'));
CREATE INDEX meeting_invitees_by_meeting ON meeting_invitees (meeting_id);
CREATE INDEX meeting_invitees_by_old_invitee ON meeting_invitees (old_invitee_uri) WHERE old_invitee_uri IS NOT NULL;
CREATE INDEX meeting_invitees_by_new_invitee ON meeting_invitees (new_invitee_uri) WHERE new_invitee_uri IS NOT NULL;
COMMENT ON TABLE meeting_invitees IS 'One row per invitee of a scheduled event. The links with which anybody could cancel or reschedule are not stored.';
COMMENT ON COLUMN meeting_invitees.status IS 'active or canceled. Canceled is for good.';
COMMENT ON COLUMN meeting_invitees.rescheduled IS 'True on the old invitee of a reschedule.';
COMMENT ON COLUMN meeting_invitees.old_invitee_uri IS 'The booking that this one replaced. A text, not a foreign key: the other half may come later, or never.';
COMMENT ON COLUMN meeting_invitees.new_invitee_uri IS 'The booking that replaced this one.';
COMMENT ON COLUMN meeting_invitees.no_show_at IS 'When a host marked the invitee as a no-show; null: not marked.';
COMMENT ON COLUMN meeting_invitees.no_show_removed_uri IS 'The mark that was taken back last: a delivery that comes late must not set it again.';

CREATE TABLE calendly_meeting_reads (
    meeting_id bigint PRIMARY KEY REFERENCES meetings (id),
    event_updated_at timestamptz,
    invitees_total integer,
    invitees_active integer
);
COMMENT ON TABLE calendly_meeting_reads IS 'What an event looked like when its invitees were last read: our bookkeeping, apart from what Calendly says, so that a run without news writes no row.';

CREATE TABLE calendly_call_budgets (
    user_id bigint PRIMARY KEY REFERENCES users (id),
    calls_per_minute integer,
    calls_left integer NOT NULL,
    resets_at timestamptz NOT NULL,
    share numeric(3, 2) NOT NULL DEFAULT 0.80,
    CONSTRAINT share_is_a_share CHECK (share > 0 AND share <= 1)
);
COMMENT ON TABLE calendly_call_budgets IS 'The limiter of Calendly: what the last answers said is left of the minute, for all workers on all machines.';
COMMENT ON COLUMN calendly_call_budgets.share IS 'Share of the calls a minute that rollcall uses; the rest is the reserve for the user''s other integrations. A row value a DBA may change.';

CREATE TABLE calendly_listing_slices (
    run_id bigint NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
    slice_from timestamptz NOT NULL,
    slice_to timestamptz NOT NULL,
    listed bigint[] NOT NULL DEFAULT '{}',
    not_listed bigint[] NOT NULL DEFAULT '{}',
    listed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, slice_from),
    CONSTRAINT slice_is_forward CHECK (slice_from < slice_to)
);
COMMENT ON TABLE calendly_listing_slices IS 'Slices of a run''s window whose events were listed to the last page: a retry goes on behind them, because page tokens do not live.';
COMMENT ON COLUMN calendly_listing_slices.listed IS 'Meetings that the listing held. They may be known through another user who sees the same events.';
COMMENT ON COLUMN calendly_listing_slices.not_listed IS 'Stored meetings of the slice that the listing lacked: asked for one by one before they are marked missing.';

CREATE TABLE calendly_webhook_subscriptions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    public_id text NOT NULL UNIQUE,
    uri text UNIQUE,
    callback_url text NOT NULL,
    scope text NOT NULL,
    events text[] NOT NULL,
    state text NOT NULL DEFAULT 'creating',
    retry_started_at timestamptz,
    checked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT scope_is_known CHECK (scope IN ('user', 'organization')),
    CONSTRAINT state_is_known CHECK (state IN ('creating', 'active', 'disabled', 'deleted'))
);
COMMENT ON TABLE calendly_webhook_subscriptions IS 'Webhook subscriptions that rollcall made, with their state as Calendly last told it.';
COMMENT ON COLUMN calendly_webhook_subscriptions.public_id IS 'Random last part of the callback address.';
COMMENT ON COLUMN calendly_webhook_subscriptions.state IS 'creating (key stored, not yet confirmed), active, disabled (Calendly gave up on failing deliveries: delete and create again), deleted.';

INSERT INTO sync_health_thresholds (check_name, warning, critical, unit, description) VALUES
    ('webhook_disabled', NULL, 1, 'subscriptions', '1 where Calendly gave up on a user''s webhook subscription; as last asked for by a sync or rollcall calendly webhook status.'),
    ('webhook_retrying', 1, 12, 'hours', 'Since when Calendly repeats failed deliveries; after 24 hours it disables the subscription.'),
    ('deliveries_waiting', 15, NULL, 'minutes', 'For how long the oldest webhook delivery is stored and not applied.'),
    ('deliveries_unreadable', 1, NULL, 'deliveries', 'Webhook deliveries of the last seven days that were signed rightly and could not be understood.'),
    ('webhook_refusals', 5, NULL, 'deliveries', 'Webhook deliveries turned away yesterday and today (UTC): wrong or late signature, too large.');

CREATE TABLE calendly_webhook_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id bigint NOT NULL REFERENCES calendly_webhook_subscriptions (id),
    key_encrypted text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
COMMENT ON TABLE calendly_webhook_keys IS 'Signing keys, encrypted. Several hold during a rotation, since deliveries signed with the old one may still be on their way.';
COMMENT ON COLUMN calendly_webhook_keys.retired_at IS 'From when on the key no longer holds; a time to come while its subscription was replaced and its last deliveries may be on their way.';

CREATE TABLE calendly_webhook_refusals (
    subscription_id bigint NOT NULL REFERENCES calendly_webhook_subscriptions (id),
    reason text NOT NULL,
    day date NOT NULL,
    refusals integer NOT NULL DEFAULT 1,
    last_refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription_id, reason, day),
    CONSTRAINT refusal_reason_is_known
        CHECK (reason IN ('missing', 'malformed', 'mismatch', 'too_old', 'in_future', 'too_large'))
);
COMMENT ON TABLE calendly_webhook_refusals IS 'Deliveries that were turned away, counted by reason and UTC day; nothing of them is kept.';

CREATE TABLE IF NOT EXISTS calendly_webhook_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
ALTER TABLE calendly_webhook_events
    ADD COLUMN IF NOT EXISTS subscription_id bigint,
    ADD COLUMN IF NOT EXISTS user_id bigint,
    ADD COLUMN IF NOT EXISTS event_type text,
    ADD COLUMN IF NOT EXISTS delivery_key text,
    ADD COLUMN IF NOT EXISTS payload_uri text,
    ADD COLUMN IF NOT EXISTS raw_body bytea,
    ADD COLUMN IF NOT EXISTS sent_at timestamptz,
    ADD COLUMN IF NOT EXISTS seen_count integer NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS last_seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS apply_status text NOT NULL DEFAULT 'pending',
    ADD COLUMN IF NOT EXISTS applied_at timestamptz,
    ADD COLUMN IF NOT EXISTS apply_message text,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE calendly_webhook_events
    ADD CONSTRAINT delivery_has_a_subscription FOREIGN KEY (subscription_id) REFERENCES calendly_webhook_subscriptions (id),
    ADD CONSTRAINT delivery_has_a_user FOREIGN KEY (user_id) REFERENCES users (id),
    ADD CONSTRAINT one_row_per_delivery UNIQUE (delivery_key),
    ADD CONSTRAINT apply_status_is_known CHECK (apply_status IN ('pending', 'applied', 'outdated', 'unreadable', 'failed'));
CREATE INDEX calendly_webhook_events_pending ON calendly_webhook_events (id) WHERE apply_status IN ('pending', 'failed');
CREATE INDEX calendly_webhook_events_by_user ON calendly_webhook_events (user_id, created_at);
COMMENT ON TABLE calendly_webhook_events IS 'Each verified delivery once, raw as it came, with how often it was seen and what became of it. Holds people''s names.';
COMMENT ON COLUMN calendly_webhook_events.delivery_key IS 'What makes two deliveries the same: kind and object for what happens once (bookings, cancellations, a no-show mark by its own URI), for all else also its time; for an unreadable body its hash.';
COMMENT ON COLUMN calendly_webhook_events.apply_status IS 'pending; applied; outdated (the stored rows were newer already); unreadable (signed, but not of a known shape: kept for a person to see); failed (tried again with the next delivery or sync).';

-- A handful of rows: checking them takes no time.
ALTER TABLE sync_retention_settings
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT table_is_known,
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT table_is_known CHECK (table_name IN (
        'sync_runs', 'sync_progress_updates', 'sync_error_logs', 'webinar_sync_queue', 'sync_test_results', 'zoom_call_budgets',
        'calendly_webhook_events'
    ));
INSERT INTO sync_retention_settings (table_name, keep_days, description) VALUES
    ('calendly_webhook_events', 30, 'Raw webhook deliveries that were applied; those that wait to be applied stay');
