DROP TABLE zoom_person_staging;
DROP TABLE zoom_session_staging;
DROP TABLE zoom_participant_staging;
DROP TABLE webinar_sync_queue;
DROP SEQUENCE webinar_sync_fencing_tokens;
