-- Rows that were stored before a rule was changed keep the old judgement until somebody asks. A row that a sync is writing
-- just now is not waited for: that write judges it. updated_at stays: nothing that Zoom said has changed.
CREATE FUNCTION validate_webinar_data(p_webinar bigint DEFAULT NULL)
RETURNS TABLE (webinar_id bigint, zoom_webinar_id bigint, validation_status text, validation_errors jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE zoom_webinars w SET validation_errors = judged.found, validation_status = grade_webinar(judged.found)
    FROM (
        SELECT s.id, judge_webinar(s) AS found
        FROM zoom_webinars s
        WHERE (p_webinar IS NULL OR s.id = p_webinar OR s.zoom_webinar_id = p_webinar)
            AND s.validation_errors IS DISTINCT FROM judge_webinar(s)
        FOR NO KEY UPDATE SKIP LOCKED
    ) judged
    WHERE w.id = judged.id;
    RETURN QUERY
    SELECT w.id, w.zoom_webinar_id, w.validation_status, w.validation_errors
    FROM zoom_webinars w
    WHERE p_webinar IS NULL OR w.id = p_webinar OR w.zoom_webinar_id = p_webinar
    ORDER BY array_position(ARRAY['error', 'warning', 'pending', 'valid'], w.validation_status), w.id;
END
$$;
COMMENT ON FUNCTION validate_webinar_data(bigint) IS 'Judge one webinar again (our id or Zoom''s number) or all (null) by the rules of webinar_validation_rules, and store what differs. Returns a row per webinar, the worst first: webinar_id (ours), zoom_webinar_id (Zoom''s number), validation_status (pending: its settings were not read yet; valid; warning; error) and validation_errors (array of {rule, severity, message}). No row: there is no such webinar.';
