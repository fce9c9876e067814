-- Runs, gaps and queue items belong to either source. The generated columns are there for their foreign keys.
-- These tables hold bookkeeping, some ten thousand rows after years: checking and rewriting them whole takes a moment.
-- squawk-ignore-file adding-field-with-default, adding-foreign-key-constraint, constraint-missing-not-valid
-- squawk-ignore-file ban-drop-constraint, disallowed-unique-constraint, ban-drop-not-null

ALTER TABLE sync_runs
    DROP CONSTRAINT sync_runs_connection_id_fkey,
    DROP CONSTRAINT source_is_known,
    DROP CONSTRAINT mode_is_known,
    ADD COLUMN zoom_connection_id bigint GENERATED ALWAYS AS (CASE source WHEN 'zoom' THEN connection_id END) STORED
        REFERENCES zoom_connections (id),
    ADD COLUMN user_id bigint GENERATED ALWAYS AS (CASE source WHEN 'calendly' THEN connection_id END) STORED
        REFERENCES users (id),
    ADD COLUMN meetings_new integer NOT NULL DEFAULT 0,
    ADD COLUMN meetings_updated integer NOT NULL DEFAULT 0,
    ADD COLUMN meetings_unchanged integer NOT NULL DEFAULT 0,
    ADD COLUMN meetings_canceled integer NOT NULL DEFAULT 0,
    ADD COLUMN meetings_missing integer NOT NULL DEFAULT 0,
    ADD COLUMN api_calls integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT source_is_known CHECK (source IN ('zoom', 'calendly')),
    ADD CONSTRAINT mode_fits_the_source CHECK (
        CASE source
            WHEN 'zoom' THEN mode IN ('full', 'delta', 'date_range', 'webinars')
            ELSE mode IN ('full', 'incremental', 'date_range')
        END
    );
DROP INDEX sync_runs_one_active_per_connection;
CREATE UNIQUE INDEX sync_runs_one_active_per_connection ON sync_runs (source, connection_id) WHERE status IN ('running', 'waiting');
COMMENT ON COLUMN sync_runs.connection_id IS 'zoom_connections.id or users.id, as source says.';
COMMENT ON COLUMN sync_runs.meetings_canceled IS 'Meetings found canceled that were active or unknown before; they are among the new and updated ones, too.';
COMMENT ON COLUMN sync_runs.api_calls IS 'HTTP calls made to Calendly.';

ALTER TABLE sync_gaps
    DROP CONSTRAINT sync_gaps_connection_id_fkey,
    DROP CONSTRAINT one_row_per_object,
    DROP CONSTRAINT object_kind_is_known,
    ADD COLUMN source text NOT NULL DEFAULT 'zoom',
    ADD COLUMN zoom_connection_id bigint GENERATED ALWAYS AS (CASE source WHEN 'zoom' THEN connection_id END) STORED
        REFERENCES zoom_connections (id),
    ADD COLUMN user_id bigint GENERATED ALWAYS AS (CASE source WHEN 'calendly' THEN connection_id END) STORED
        REFERENCES users (id),
    ADD CONSTRAINT one_row_per_object UNIQUE (connection_id, object_kind, object_key, source),
    ADD CONSTRAINT source_is_known CHECK (source IN ('zoom', 'calendly')),
    ADD CONSTRAINT object_kind_is_known CHECK (
        object_kind IN ('history', 'host', 'webinar', 'registrants', 'panelists', 'instances', 'participants', 'meeting', 'invitees')
    );
COMMENT ON COLUMN sync_gaps.connection_id IS 'zoom_connections.id or users.id, as source says.';

ALTER TABLE webinar_sync_queue
    ALTER COLUMN webinar_id DROP NOT NULL,
    ADD COLUMN meeting_id bigint REFERENCES meetings (id),
    DROP CONSTRAINT one_item_per_list,
    DROP CONSTRAINT kind_is_known,
    ADD CONSTRAINT one_item_per_list UNIQUE NULLS NOT DISTINCT (run_id, kind, variant, webinar_id, instance_id, meeting_id),
    ADD CONSTRAINT kind_is_known CHECK (kind IN ('webinar', 'registrants', 'panelists', 'participants', 'invitees')),
    ADD CONSTRAINT invitees_hang_on_a_meeting CHECK ((kind = 'invitees') = (meeting_id IS NOT NULL)),
    ADD CONSTRAINT lists_hang_on_something CHECK (webinar_id IS NOT NULL OR meeting_id IS NOT NULL);
