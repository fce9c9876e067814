-- Takes validation back.
DROP INDEX idx_zoom_webinars_validation;
ALTER TABLE zoom_webinars
    DROP COLUMN validation_errors,
    DROP COLUMN validation_status;
DROP TABLE webinar_validation_rules;
