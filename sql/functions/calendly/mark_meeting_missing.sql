-- Marked, never deleted: what was booked once stays on record.
CREATE FUNCTION mark_meeting_missing(p_meeting_id bigint, p_reason text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE meetings SET missing_since = now(), missing_reason = p_reason, updated_at = now()
    WHERE id = p_meeting_id AND missing_since IS NULL;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION mark_meeting_missing(bigint, text) IS 'Mark a meeting that Calendly no longer serves: gone or no_access. False: it was marked already.';
