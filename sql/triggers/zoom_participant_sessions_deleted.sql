-- A session that somebody deleted comes back with the next read.
CREATE TRIGGER zoom_participant_sessions_deleted
AFTER DELETE ON zoom_participant_sessions
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION forget_attendance_pages();
COMMENT ON TRIGGER zoom_participant_sessions_deleted ON zoom_participant_sessions IS 'Instances that lost sessions get a full look in the next read.';
