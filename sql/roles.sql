-- Who may read and run what. Applied last, each time the functions and views are rebuilt.

ALTER DEFAULT PRIVILEGES FOR ROLE rollcall_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON SCHEMA rollcall FROM PUBLIC;
GRANT USAGE ON SCHEMA rollcall TO rollcall_writer, rollcall_reader, rollcall_monitor;

-- The writer is what the Dags use: it works on rows and runs functions, and owns nothing.
GRANT SELECT ON ALL TABLES IN SCHEMA rollcall TO rollcall_writer;
GRANT INSERT, UPDATE ON
    zoom_connections, zoom_call_slots, zoom_call_budgets,
    sync_runs, sync_progress_updates, sync_error_logs, sync_state, sync_gaps,
    zoom_webinars, zoom_webinar_instances, zoom_registrants, zoom_panelists, zoom_webinar_reads,
    zoom_participants, zoom_participant_sessions, zoom_instance_reads, zoom_instance_reconciliation,
    webinar_sync_queue, zoom_participant_staging, zoom_session_staging, zoom_person_staging
TO rollcall_writer;
GRANT DELETE ON
    zoom_participants, zoom_participant_staging, zoom_session_staging, zoom_person_staging
TO rollcall_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA rollcall TO rollcall_writer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rollcall TO rollcall_writer;

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
    zoom_instance_reads, zoom_instance_reconciliation, webinar_sync_queue, schema_migrations
TO rollcall_monitor;
GRANT SELECT (
    id, name, account_id, kind, plan, api_url, oauth_url, token_expires_at, granted_scopes, is_active,
    reconnect_needed_at, reconnect_reason, created_at, updated_at
) ON zoom_connections TO rollcall_monitor;

DO $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['rollcall_writer', 'rollcall_reader', 'rollcall_monitor'] LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path TO rollcall, public', v_role, current_database());
    END LOOP;
END
$$;
