-- Rows that somebody deleted come back with the next read.
CREATE TRIGGER zoom_panelists_truncated
AFTER TRUNCATE ON zoom_panelists
FOR EACH STATEMENT EXECUTE FUNCTION forget_people_pages('panelists');
COMMENT ON TRIGGER zoom_panelists_truncated ON zoom_panelists IS 'Pages that were stored before are stored again in the next read.';
