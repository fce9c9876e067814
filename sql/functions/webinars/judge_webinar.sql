-- Conditions are code and the rest of a rule is a row, so that a DBA can weigh, reword and switch off rules without one,
-- and no text from a table is ever run. Before a webinar's settings were read most of them are unknown: nothing is said.
CREATE FUNCTION judge_webinar(p_webinar zoom_webinars)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_is_timed boolean := p_webinar.type IN (5, 9);
    v_occurrences integer := CASE WHEN jsonb_typeof(p_webinar.occurrences) = 'array' THEN jsonb_array_length(p_webinar.occurrences) ELSE 0 END;
    v_recurs boolean := p_webinar.recurrence_type IS NOT NULL OR v_occurrences > 0;
BEGIN
    -- Of a webinar that is gone, only its settings show that they were read: Zoom gives approval_type with all of them.
    IF p_webinar.sync_status = 'pending' OR (p_webinar.sync_status = 'gone' AND p_webinar.approval_type IS NULL) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT coalesce(
            jsonb_agg(jsonb_build_object('rule', r.rule_name, 'severity', r.severity, 'message', r.message) ORDER BY r.severity, r.rule_name),
            '[]'
        )
        FROM (
            VALUES
                ('topic_missing', coalesce(btrim(p_webinar.topic), '') = ''),
                ('host_missing', p_webinar.host_id IS NULL AND p_webinar.host_email IS NULL),
                ('type_unknown', p_webinar.type IS NULL OR p_webinar.type NOT IN (5, 6, 9)),
                ('start_time_missing', v_is_timed AND p_webinar.start_time IS NULL AND v_occurrences = 0),
                ('start_time_absurd', p_webinar.start_time < '2011-01-01 UTC' OR p_webinar.start_time >= '2100-01-01 UTC'),
                ('duration_missing', v_is_timed AND p_webinar.duration IS NULL),
                ('duration_not_positive', p_webinar.duration <= 0),
                ('duration_too_long', p_webinar.duration > 1440),
                ('timezone_unknown', NOT is_timezone(p_webinar.timezone)),
                ('recurrence_missing', p_webinar.type = 9 AND NOT v_recurs),
                ('recurrence_unexpected', p_webinar.type = 5 AND (p_webinar.recurrence_type IS NOT NULL OR v_occurrences > 1)),
                ('occurrence_count_differs', coalesce(p_webinar.occurrence_count, v_occurrences) <> v_occurrences),
                ('registration_contradicts', p_webinar.approval_type = 2 AND p_webinar.registration_url IS NOT NULL),
                ('approval_type_unknown', p_webinar.approval_type NOT IN (0, 1, 2))
        ) AS condition (rule_name, is_broken)
        JOIN webinar_validation_rules r ON r.rule_name = condition.rule_name
        WHERE condition.is_broken AND r.is_enabled
    );
END
$$;
COMMENT ON FUNCTION judge_webinar(zoom_webinars) IS 'The rules of webinar_validation_rules that a webinar''s row breaks, as an array of {rule, severity, message}, errors first; empty: none; null: its settings were not read yet, so nothing can be said.';
