-- A case is data: lists to read, one after the other, and a question to the outcome.
CREATE FUNCTION run_self_test_case(p_question text, p_reads jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_instance_id bigint := make_self_test_instance();
    v_run_id bigint;
    v_read jsonb;
BEGIN
    FOR v_read IN SELECT r.value FROM jsonb_array_elements(p_reads) AS r (value) LOOP
        v_run_id := read_self_test_list(v_instance_id, v_read -> 'pages', (v_read ->> 'total')::integer);
    END LOOP;
    RETURN CASE p_question
        WHEN 'refusal' THEN try_refusal(v_instance_id)
        WHEN 'late writer' THEN try_late_writer(v_instance_id)
        WHEN 'odd webinar' THEN try_odd_webinar(v_instance_id)
        ELSE tell_self_test(p_question, v_run_id, v_instance_id)
    END;
END
$$;
COMMENT ON FUNCTION run_self_test_case(text, jsonb) IS 'Carry a case of the self-test through and return what came of it. Writes: the caller rolls back.';
