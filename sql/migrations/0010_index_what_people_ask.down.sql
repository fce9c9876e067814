-- Takes the indexes back.
DROP INDEX idx_zoom_webinars_date_range;
DROP INDEX idx_zoom_webinars_host;
DROP INDEX idx_zoom_webinars_sync_status;
DROP INDEX idx_zoom_webinars_connection_status;
CREATE INDEX zoom_webinars_by_connection ON zoom_webinars (connection_id);
DROP INDEX idx_zoom_participants_participant_uuid;
ALTER TABLE zoom_participant_sessions RENAME CONSTRAINT idx_zoom_participant_sessions_participant_id TO zoom_participant_sessions_pkey;
