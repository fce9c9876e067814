-- The questions that people type are look-ups. tests/sql/test_index_use.py holds one question for each index.

-- Serves "sessions of this participant" already: under the name that people know, rather than a second index.
-- squawk-ignore renaming-object
ALTER TABLE zoom_participant_sessions RENAME CONSTRAINT zoom_participant_sessions_pkey TO idx_zoom_participant_sessions_participant_id;

CREATE INDEX idx_zoom_participants_participant_uuid ON zoom_participants (participant_uuid);

DROP INDEX zoom_webinars_by_connection;
CREATE INDEX idx_zoom_webinars_connection_status ON zoom_webinars (connection_id, sync_status);
CREATE INDEX idx_zoom_webinars_sync_status ON zoom_webinars (sync_status);
CREATE INDEX idx_zoom_webinars_host ON zoom_webinars (host_id);
CREATE INDEX idx_zoom_webinars_date_range ON zoom_webinars (connection_id, start_time);
