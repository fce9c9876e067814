-- A page may hold what a row was before.
CREATE TRIGGER zoom_registrants_updated
AFTER UPDATE ON zoom_registrants
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('registrants');
COMMENT ON TRIGGER zoom_registrants_updated ON zoom_registrants IS 'Pages that were stored before are stored again in the next read.';
