-- A task that hung for hours must find its run closed, and go on finding it closed until its own transaction ends. Whoever
-- writes for a run shares this lock, whoever ends the run takes it alone; heartbeats pass both by.
-- Lock the run before its queue items, always: page, heartbeat and end then never wait for one another in a circle.
CREATE FUNCTION hold_run(p_run_id bigint, p_times_opened integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM
    FROM sync_runs r
    WHERE r.id = p_run_id AND r.status IN ('running', 'waiting') AND r.times_opened = coalesce(p_times_opened, r.times_opened)
    FOR KEY SHARE;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION hold_run(bigint, integer) IS 'True: the run is active, and nobody can end it before this transaction ends. False: it has ended, or (where p_times_opened is given) was taken up again by somebody else since; the caller must write nothing.';
