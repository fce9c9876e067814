-- A row that somebody deleted comes back with the next read.
CREATE TRIGGER zoom_registrants_deleted
AFTER DELETE ON zoom_registrants
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('registrants');
COMMENT ON TRIGGER zoom_registrants_deleted ON zoom_registrants IS 'Pages that were stored before are stored again in the next read.';
