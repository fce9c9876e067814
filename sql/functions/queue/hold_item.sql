-- A lease ends with its run, so its holder asks for the run first: what hold_run does, in one statement, for each page.
CREATE FUNCTION hold_item(p_item_id bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM
    FROM webinar_sync_queue q
    JOIN sync_runs r ON r.id = q.run_id
    WHERE q.id = p_item_id AND r.status IN ('running', 'waiting')
    FOR KEY SHARE OF r;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION hold_item(bigint) IS 'Like hold_run, for the run of a queue item. False: the run has ended, or there is no such item.';
