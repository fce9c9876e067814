-- A lease ends with its run, so its holder asks for the run first.
CREATE FUNCTION hold_item(p_item_id bigint)
RETURNS boolean
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    SELECT hold_run(q.run_id, NULL) FROM webinar_sync_queue q WHERE q.id = p_item_id
$$;
COMMENT ON FUNCTION hold_item(bigint) IS 'Like hold_run, for the run of a queue item. Null: there is no such item.';
