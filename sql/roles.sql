-- Who may read and run what. Applied last, after every migration, by the owner.

ALTER DEFAULT PRIVILEGES FOR ROLE rollcall_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON SCHEMA rollcall FROM PUBLIC;
GRANT USAGE ON SCHEMA rollcall TO rollcall_writer, rollcall_reader, rollcall_monitor;

-- The writer is what the Dags use: it works on rows and runs functions, and owns nothing.
GRANT INSERT, UPDATE ON
    zoom_connections, zoom_call_slots, zoom_call_budgets,
    sync_runs, sync_error_logs, sync_state, sync_gaps,
    zoom_webinars, zoom_webinar_instances, zoom_registrants, zoom_panelists, zoom_webinar_reads, zoom_people_changes, zoom_people_reads,
    zoom_participants, zoom_participant_sessions, zoom_instance_reads, zoom_instance_reconciliation,
    webinar_sync_queue, zoom_person_staging
TO rollcall_writer;
GRANT INSERT ON sync_progress_updates, zoom_participant_staging, zoom_session_staging TO rollcall_writer;
GRANT DELETE ON
    zoom_participants, zoom_participant_staging, zoom_session_staging, zoom_person_staging
TO rollcall_writer;
GRANT TRUNCATE ON zoom_participant_staging, zoom_session_staging, zoom_person_staging TO rollcall_writer;

-- Given by earlier versions; the counters belong to the trigger.
REVOKE INSERT, UPDATE ON sync_run_totals FROM rollcall_writer;
REVOKE UPDATE ON sync_progress_updates, zoom_participant_staging, zoom_session_staging, zoom_instance_statistics FROM rollcall_writer;

-- Not ALL … IN SCHEMA: that fails as soon as somebody else has put an object of his own there.
DO $$
DECLARE
    v_object record;
BEGIN
    FOR v_object IN
        SELECT c.oid::regclass AS name, c.relkind = 'S' AS is_sequence
        FROM pg_class c
        WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relowner = 'rollcall_owner'::regrole AND c.relkind IN ('r', 'v', 'S')
    LOOP
        EXECUTE format(
            'GRANT %s ON %s TO rollcall_writer',
            CASE WHEN v_object.is_sequence THEN 'USAGE' ELSE 'SELECT' END, v_object.name
        );
    END LOOP;
    FOR v_object IN
        SELECT p.oid::regprocedure AS name
        FROM pg_proc p
        WHERE p.pronamespace = 'rollcall'::regnamespace AND p.proowner = 'rollcall_owner'::regrole
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', v_object.name);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO rollcall_writer', v_object.name);
    END LOOP;
END
$$;

-- Readers see attendance, never a token.
GRANT SELECT ON
    zoom_webinars, zoom_webinar_instances, zoom_registrants, zoom_panelists,
    zoom_participants, zoom_participant_sessions, zoom_instance_reads, zoom_instance_reconciliation,
    sync_runs, sync_progress_updates, sync_gaps, sync_state
TO rollcall_reader;

-- Monitors see how syncs fare, never a token, a participant's name or an e-mail.
GRANT SELECT ON
    sync_runs, sync_progress_updates, sync_error_logs, sync_state, sync_gaps, sync_retry_policies,
    zoom_plans, zoom_plan_limits, zoom_call_slots, zoom_call_budgets,
    zoom_instance_reads, zoom_instance_reconciliation, webinar_sync_queue, schema_migrations, schema_code
TO rollcall_monitor;
GRANT SELECT (
    id, name, account_id, kind, plan, api_url, oauth_url, token_expires_at, granted_scopes, is_active,
    reconnect_needed_at, reconnect_reason, created_at, updated_at
) ON zoom_connections TO rollcall_monitor;

-- Connections.
GRANT SELECT ON sync_connections TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE find_connections TO rollcall_reader, rollcall_monitor;

-- Attendance in numbers. Runs keep the rollups; readers and monitors see them; only readers see whose numbers they are.
GRANT INSERT, DELETE ON zoom_instance_statistics, zoom_webinar_statistics TO rollcall_writer;
GRANT UPDATE ON zoom_webinar_statistics TO rollcall_writer;  -- batches lock its rows in order
GRANT SELECT ON
    zoom_instance_statistics, zoom_webinar_statistics, instance_attendance_analytics, webinar_attendance_analytics,
    webinar_statistics_by_connection, sync_reconciliation
TO rollcall_reader, rollcall_monitor;
GRANT SELECT ON attended_sessions, participant_engagement TO rollcall_reader;
-- Views run with their owner's rights, but the functions in them are called by whoever reads the view.
GRANT EXECUTE ON ROUTINE instance_statistics, webinar_statistics, instance_concurrency, instance_retention
TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE refresh_statistics TO rollcall_monitor;

-- Health, monitoring, alerts, reports: numbers and ids, for everybody who reads.
GRANT SELECT ON
    sync_health_thresholds, sync_run_totals,
    sync_monitoring_view, sync_performance_analytics, sync_monitoring_metrics, sync_monitoring_component_data, sync_known_gaps,
    sync_instance_reads, sync_connection_facts, sync_connection_health, sync_health_measures, sync_alert_conditions
TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE
    get_sync_health_status, get_sync_summary, find_window_runs
TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE generate_sync_report, run_sync_health_checks, sync_openmetrics TO rollcall_monitor;

-- Maintenance and validation: they run as the owner, because a monitor may call them and not touch the tables.
GRANT SELECT ON webinar_validation_rules TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE validate_webinar_data TO rollcall_reader, rollcall_monitor;
GRANT EXECUTE ON ROUTINE check_stale_syncs, cleanup_old_sync_data, scheduled_cleanup, test_sync_process TO rollcall_monitor;
GRANT SELECT ON sync_retention_settings, sync_test_results TO rollcall_monitor;

-- Calendly. A user's columns are named one by one: the table may have had others before, and it holds tokens.
GRANT INSERT, UPDATE ON
    users, meetings, meeting_invitees, calendly_meeting_reads, calendly_call_budgets, calendly_listing_slices,
    calendly_webhook_subscriptions, calendly_webhook_keys, calendly_webhook_refusals, calendly_webhook_events
TO rollcall_writer;
GRANT DELETE ON calendly_listing_slices TO rollcall_writer;
GRANT SELECT (
    id, email, calendly_user_uri, calendly_organization_uri, calendly_role, calendly_scope, calendly_token_kind,
    calendly_token_expires_at, calendly_is_active, calendly_reconnect_needed_at, calendly_reconnect_reason, calendly_connected_at,
    last_calendly_sync, calendly_initial_sync_complete, calendly_webhook_enabled
) ON users TO rollcall_reader, rollcall_monitor;
GRANT SELECT ON meetings, meeting_invitees, calendly_webhook_events TO rollcall_reader;
-- Whose meetings went how is the readers' to see: bookings and hosts have names. A kind of event is like a webinar's topic.
GRANT SELECT ON meeting_bookings, meeting_analytics_by_host TO rollcall_reader;
GRANT SELECT ON meeting_analytics_by_event_type, calendly_sync_health, calendly_health_measures TO rollcall_reader, rollcall_monitor;
GRANT SELECT ON calendly_call_budgets, calendly_listing_slices, calendly_webhook_refusals TO rollcall_monitor;
GRANT SELECT (
    id, subscription_id, user_id, event_type, sent_at, seen_count, last_seen_at, apply_status, applied_at, apply_message, created_at
) ON calendly_webhook_events TO rollcall_monitor;
GRANT SELECT (id, user_id, uri, scope, events, state, retry_started_at, checked_at, created_at, updated_at)
    ON calendly_webhook_subscriptions TO rollcall_monitor;
GRANT EXECUTE ON ROUTINE clean_old_webhook_events TO rollcall_monitor;

-- The rest is not the owner's to do but that of whoever migrates.
RESET ROLE;
DO $$
DECLARE
    v_role text;
BEGIN
    -- Sessionize works in temporary tables, which a careful DBA may have taken from PUBLIC.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO rollcall_writer, rollcall_owner', current_database());
    FOREACH v_role IN ARRAY ARRAY['rollcall_writer', 'rollcall_reader', 'rollcall_monitor'] LOOP
        -- Asked first: changing a role demands more rights than an upgrade otherwise needs.
        IF NOT EXISTS (
            SELECT FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = s.setdatabase
            JOIN pg_roles r ON r.oid = s.setrole
            WHERE d.datname = current_database() AND r.rolname = v_role AND 'search_path=rollcall, public' = ANY (s.setconfig)
        ) THEN
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path TO rollcall, public', v_role, current_database());
        END IF;
    END LOOP;
END
$$;
