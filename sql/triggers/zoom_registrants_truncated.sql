-- Rows that somebody deleted come back with the next read.
CREATE TRIGGER zoom_registrants_truncated
AFTER TRUNCATE ON zoom_registrants
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('registrants');
COMMENT ON TRIGGER zoom_registrants_truncated ON zoom_registrants IS 'Pages that were stored before are stored again in the next read.';
