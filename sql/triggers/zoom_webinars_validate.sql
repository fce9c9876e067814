-- Every road into the table leads through the rules.
CREATE TRIGGER zoom_webinars_validate
BEFORE INSERT OR UPDATE ON zoom_webinars
FOR EACH ROW EXECUTE FUNCTION mark_webinar_validity();
COMMENT ON TRIGGER zoom_webinars_validate ON zoom_webinars IS 'Judges each webinar as it is written: it marks, and never refuses a row.';
