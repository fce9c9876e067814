-- Rules may be changed by a DBA, so the case asks only that the row is stored and was judged.
CREATE FUNCTION try_odd_webinar(p_instance_id bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_told text;
BEGIN
    PERFORM upsert_webinars(i.connection_id, '[{"zoom_webinar_id": 2, "type": 99, "duration": -5, "timezone": "Nowhere"}]', true)
    FROM zoom_webinar_instances i
    WHERE i.id = p_instance_id;
    SELECT format(
        '%s stored, %s judged',
        count(*), count(*) FILTER (WHERE w.validation_status <> 'pending' AND jsonb_typeof(w.validation_errors) = 'array')
    ) INTO v_told
    FROM zoom_webinars w
    JOIN zoom_webinar_instances i ON i.connection_id = w.connection_id
    WHERE i.id = p_instance_id AND w.zoom_webinar_id = 2;
    RETURN v_told;
END
$$;
COMMENT ON FUNCTION try_odd_webinar(bigint) IS 'Self-test: a webinar that breaks many rules. Returns whether it was stored and judged.';
