-- The status is the worst of what was found, wherever it is set.
CREATE FUNCTION grade_webinar(p_found jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT CASE
        WHEN p_found IS NULL THEN 'pending'
        WHEN p_found = '[]' THEN 'valid'
        WHEN p_found @> '[{"severity": "error"}]' THEN 'error'
        ELSE 'warning'
    END
$$;
COMMENT ON FUNCTION grade_webinar(jsonb) IS 'The validation_status that goes with what judge_webinar() found: pending, valid, warning or error.';
