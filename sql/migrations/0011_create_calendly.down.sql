-- Takes Calendly back; tables that were there before keep what they had.
DELETE FROM sync_retention_settings WHERE table_name = 'calendly_webhook_events';
ALTER TABLE sync_retention_settings
    DROP CONSTRAINT table_is_known,
    ADD CONSTRAINT table_is_known CHECK (table_name IN (
        'sync_runs', 'sync_progress_updates', 'sync_error_logs', 'webinar_sync_queue', 'sync_test_results', 'zoom_call_budgets'
    ));
ALTER TABLE calendly_webhook_events
    DROP CONSTRAINT apply_status_is_known,
    DROP CONSTRAINT one_row_per_delivery,
    DROP CONSTRAINT delivery_has_a_user,
    DROP CONSTRAINT delivery_has_a_subscription;
DROP INDEX calendly_webhook_events_pending;
DROP INDEX calendly_webhook_events_by_user;
DELETE FROM sync_health_thresholds
WHERE check_name IN ('webhook_disabled', 'webhook_retrying', 'deliveries_waiting', 'deliveries_unreadable', 'webhook_refusals');
DROP TABLE calendly_webhook_refusals;
DROP TABLE calendly_webhook_keys;
DROP TABLE calendly_webhook_subscriptions;
DROP TABLE calendly_listing_slices;
DROP TABLE calendly_call_budgets;
DROP TABLE calendly_meeting_reads;
ALTER TABLE meeting_invitees
    DROP CONSTRAINT invitee_status_is_known,
    DROP CONSTRAINT invitee_has_a_meeting;
DROP INDEX meeting_invitees_by_new_invitee;
DROP INDEX meeting_invitees_by_old_invitee;
DROP INDEX meeting_invitees_by_meeting;
ALTER TABLE meetings
    DROP CONSTRAINT missing_reason_is_known,
    DROP CONSTRAINT missing_has_a_reason,
    DROP CONSTRAINT meeting_status_is_known,
    DROP CONSTRAINT one_row_per_event,
    DROP CONSTRAINT meeting_has_a_user;
DROP INDEX meetings_by_user_and_start;
DROP INDEX calendly_users_by_email;

DO $$
DECLARE
    v_added record;
    v_found record;
BEGIN
    FOR v_added IN
        SELECT
            c.relname AS table_name,
            array_agg(a.attname) FILTER (WHERE f.column_name IS NULL) AS columns,
            bool_and(f.column_name IS NULL) AS is_ours
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN calendly_found_before f ON f.table_name = c.relname AND f.column_name = a.attname
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
            AND c.relname IN ('users', 'meetings', 'meeting_invitees', 'calendly_webhook_events')
        GROUP BY c.relname
    LOOP
        IF v_added.is_ours THEN
            EXECUTE format('DROP TABLE %I', v_added.table_name);
        ELSIF v_added.columns IS NOT NULL THEN
            EXECUTE format(
                'ALTER TABLE %I %s', v_added.table_name,
                (SELECT string_agg(format('DROP COLUMN %I', u.name), ', ') FROM unnest(v_added.columns) AS u (name))
            );
        END IF;
    END LOOP;
    -- Comments and rights as they were, and last the owner.
    FOR v_found IN SELECT f.* FROM calendly_found_before f LOOP
        EXECUTE format('COMMENT ON TABLE %I IS %L', v_found.table_name, v_found.table_comment);
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', v_found.table_name, v_found.column_name, v_found.column_comment);
    END LOOP;
    FOR v_found IN
        SELECT DISTINCT s.relname AS sequence_name, f.table_owner
        FROM calendly_found_before f
        JOIN pg_class c ON c.relnamespace = current_schema()::regnamespace AND c.relname = f.table_name
        JOIN pg_depend d ON d.refobjid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    LOOP
        EXECUTE format(
            'REVOKE ALL ON SEQUENCE rollcall.%I FROM rollcall_writer, rollcall_reader, rollcall_monitor', v_found.sequence_name
        );
        IF v_found.table_owner <> current_user THEN
            EXECUTE format('REVOKE ALL ON SEQUENCE rollcall.%I FROM %I', v_found.sequence_name, v_found.table_owner);
        END IF;
    END LOOP;
    FOR v_found IN SELECT DISTINCT f.table_name, f.table_owner FROM calendly_found_before f LOOP
        EXECUTE format(
            'REVOKE ALL ON rollcall.%I FROM rollcall_writer, rollcall_reader, rollcall_monitor', v_found.table_name
        );
        CONTINUE WHEN v_found.table_owner = current_user;
        EXECUTE format('REVOKE ALL ON rollcall.%I FROM %I', v_found.table_name, v_found.table_owner);
        RESET ROLE;
        EXECUTE format('ALTER TABLE rollcall.%I OWNER TO %I', v_found.table_name, v_found.table_owner);
        SET LOCAL ROLE rollcall_owner;
    END LOOP;
END
$$;
DROP TABLE calendly_found_before;
