-- Sessions that somebody deleted come back with the next read.
CREATE TRIGGER zoom_participant_sessions_truncated
AFTER TRUNCATE ON zoom_participant_sessions
FOR EACH STATEMENT EXECUTE FUNCTION forget_attendance_pages();
COMMENT ON TRIGGER zoom_participant_sessions_truncated ON zoom_participant_sessions IS 'All instances get a full look in the next read.';
