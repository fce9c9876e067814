-- Old self-tests say nothing about the database of today.
CREATE FUNCTION clean_test_results(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT t.id FROM sync_test_results t WHERE t.run_at < p_before
    ),
    taken AS (
        SELECT t.id
        FROM sync_test_results t
        WHERE NOT p_dry_run AND t.id IN (SELECT o.id FROM old o)
        LIMIT p_max_rows
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM sync_test_results t USING taken WHERE t.id = taken.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_test_results(timestamptz, boolean, bigint) IS 'Delete results of self-tests before p_before. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
