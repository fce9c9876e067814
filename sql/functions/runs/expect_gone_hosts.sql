-- Who was deleted from the account is in no list of its users, and no run asks for that person's webinars again: what was refused
-- of them stays on record, but nobody need mend it.
CREATE FUNCTION expect_gone_hosts(p_run_id bigint, p_host_ids text[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN false;
    END IF;
    UPDATE sync_gaps g SET is_expected = true, recheck_at = NULL
    FROM sync_runs r
    WHERE r.id = p_run_id AND g.source = r.source AND g.connection_id = r.connection_id
        AND g.object_kind IN ('host', 'history') AND g.closed_at IS NULL AND NOT g.is_expected
        AND g.object_key !~ '^(account$|list of )'
        AND regexp_replace(g.object_key, '^host ', '') <> ALL (p_host_ids);
    RETURN true;
END
$$;
COMMENT ON FUNCTION expect_gone_hosts(bigint, text[]) IS 'Let the gaps of hosts who are none of these, which are all of the account, count no more. False: the run has ended, nothing was written.';
