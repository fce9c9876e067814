-- Runs, gaps and queue items are Zoom's alone again; what Calendly's runs left behind goes.
DELETE FROM sync_runs WHERE source = 'calendly';
DELETE FROM sync_gaps WHERE source = 'calendly';

ALTER TABLE webinar_sync_queue
    DROP CONSTRAINT lists_hang_on_something,
    DROP CONSTRAINT invitees_hang_on_a_meeting,
    DROP CONSTRAINT kind_is_known,
    DROP CONSTRAINT one_item_per_list,
    DROP COLUMN meeting_id,
    ALTER COLUMN webinar_id SET NOT NULL,
    ADD CONSTRAINT one_item_per_list UNIQUE NULLS NOT DISTINCT (run_id, kind, variant, webinar_id, instance_id),
    ADD CONSTRAINT kind_is_known CHECK (kind IN ('webinar', 'registrants', 'panelists', 'participants'));

ALTER TABLE sync_gaps
    DROP CONSTRAINT object_kind_is_known,
    DROP CONSTRAINT one_row_per_object,
    DROP COLUMN user_id,
    DROP COLUMN zoom_connection_id,
    DROP COLUMN source,
    ADD CONSTRAINT sync_gaps_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES zoom_connections (id),
    ADD CONSTRAINT one_row_per_object UNIQUE (connection_id, object_kind, object_key),
    ADD CONSTRAINT object_kind_is_known
        CHECK (object_kind IN ('history', 'host', 'webinar', 'registrants', 'panelists', 'instances', 'participants'));
COMMENT ON COLUMN sync_gaps.connection_id IS NULL;

DROP INDEX sync_runs_one_active_per_connection;
ALTER TABLE sync_runs
    DROP CONSTRAINT mode_fits_the_source,
    DROP CONSTRAINT source_is_known,
    DROP COLUMN api_calls,
    DROP COLUMN meetings_missing,
    DROP COLUMN meetings_canceled,
    DROP COLUMN meetings_unchanged,
    DROP COLUMN meetings_updated,
    DROP COLUMN meetings_new,
    DROP COLUMN user_id,
    DROP COLUMN zoom_connection_id,
    ADD CONSTRAINT sync_runs_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES zoom_connections (id),
    ADD CONSTRAINT source_is_known CHECK (source IN ('zoom')),
    ADD CONSTRAINT mode_is_known CHECK (mode IN ('full', 'delta', 'date_range', 'webinars'));
CREATE UNIQUE INDEX sync_runs_one_active_per_connection ON sync_runs (connection_id) WHERE status IN ('running', 'waiting');
COMMENT ON COLUMN sync_runs.connection_id IS NULL;
