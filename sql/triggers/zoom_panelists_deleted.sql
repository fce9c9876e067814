-- A row that somebody deleted comes back with the next read.
CREATE TRIGGER zoom_panelists_deleted
AFTER DELETE ON zoom_panelists
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('panelists');
COMMENT ON TRIGGER zoom_panelists_deleted ON zoom_panelists IS 'Pages that were stored before are stored again in the next read.';
