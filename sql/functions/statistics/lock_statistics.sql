-- Who works numbers out and stores them must not be overtaken by a change that drops them: the stored ones would stay wrong.
-- Batches of a run change instances of their own each, so they may go side by side; all others go alone.
CREATE FUNCTION lock_statistics(p_connection_id bigint, p_beside_batches boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_key bigint := hashtextextended(format('rollcall statistics of zoom connection %s', p_connection_id), 0);
BEGIN
    IF p_beside_batches THEN
        PERFORM pg_advisory_xact_lock_shared(v_key);
    ELSE
        PERFORM pg_advisory_xact_lock(v_key);
    END IF;
END
$$;
COMMENT ON FUNCTION lock_statistics(bigint, boolean) IS 'Wait for the right to write the statistics of a connection until the transaction ends. Call it after the changes that they follow from, as late as can be.';
