-- A page may hold what a row was before.
CREATE TRIGGER zoom_panelists_updated
AFTER UPDATE ON zoom_panelists
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('panelists');
COMMENT ON TRIGGER zoom_panelists_updated ON zoom_panelists IS 'Pages that were stored before are stored again in the next read.';
