-- The very functions that syncs run on, tried where they will run: this database, its settings, its version of Postgres.
-- Each case ends in a rollback of its own, so that nothing of it stays but its result.
CREATE FUNCTION test_sync_process()
RETURNS SETOF sync_test_results
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    v_test_run uuid := gen_random_uuid();
    v_case record;
    v_result sync_test_results;
    v_actual text;
    v_has_ended boolean;
    v_began_at timestamptz;
BEGIN
    FOR v_case IN SELECT * FROM self_test_cases() c ORDER BY c.place LOOP
        v_began_at := clock_timestamp();
        v_has_ended := false;
        BEGIN
            v_actual := run_self_test_case(v_case.question, v_case.reads);
            v_has_ended := true;
            RAISE EXCEPTION 'rolled back on purpose' USING ERRCODE = 'RCTST';
        EXCEPTION
            WHEN SQLSTATE 'RCTST' THEN
                NULL;
            WHEN OTHERS THEN
                v_actual := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
        END;
        INSERT INTO sync_test_results (test_run, run_at, test_name, passed, expected, actual, detail, duration_ms)
        VALUES (
            v_test_run, clock_timestamp(), v_case.test_name, v_has_ended AND v_actual IS NOT DISTINCT FROM v_case.expected,
            v_case.expected, v_actual, v_case.detail, 1000 * extract(epoch FROM clock_timestamp() - v_began_at)
        )
        RETURNING * INTO v_result;
        RETURN NEXT v_result;
    END LOOP;
END
$$;
COMMENT ON FUNCTION test_sync_process() IS 'Self-test: stages, sessionizes, upserts, reads again and compares invented people in this database, and rolls all of it back. A row for each case, kept in sync_test_results: test_run (the same for all cases of one call), test_name, passed, expected and actual (what came out, or the error), detail (what the case is about), duration_ms. Safe beside running syncs and by several at once; numbers of sequences are used up.';
