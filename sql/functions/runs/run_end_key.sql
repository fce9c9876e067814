-- A row lock is granted past those who wait for another one: two backends that take batch after batch would keep out, for as
-- long as there are batches, whoever wants to end their run. Advisory locks are granted in the order of asking.
CREATE FUNCTION run_end_key(p_run_id bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT hashtextextended('rollcall end of run ' || p_run_id::text, 0)
$$;
COMMENT ON FUNCTION run_end_key(bigint) IS 'Key of the advisory lock that a batch of a run shares, and that whoever ends the run takes alone; each of them before the run''s row.';
