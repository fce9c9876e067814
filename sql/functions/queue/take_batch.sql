-- Whole instances up to the row limit, at least one; those of a webinar together, because its registrants are read with each
-- batch that holds one of them. A cursor locks as it goes: a query would lock all there are, and leave nothing to the backend
-- that works beside this one.
-- A run that parks stores what is whole. An instance is not while its webinar's host, registrants or panelists are still to come:
-- nobody would work out again who was who. When fetching is over, nothing waits.
CREATE FUNCTION take_batch(p_run_id bigint, p_status text, p_max_rows integer)
RETURNS bigint[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_waiting bigint[] := ARRAY(
        SELECT w.webinar_id
        FROM sync_runs r
        JOIN webinar_sync_queue w ON w.run_id = r.id
        WHERE r.id = p_run_id AND r.current_phase IN ('discover', 'fetch') AND p_status = 'fetched'
            AND w.priority < 2 AND w.status IN ('queued', 'leased'));
    v_batch CURSOR FOR
        -- Of what is stored already no row was fetched, but so many are worked through.
        SELECT q.id, greatest(q.rows_fetched, q.rows_distinct) AS rows
        FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id AND q.kind = 'participants' AND q.status = p_status
            -- Says no more than the line above to a reader, but lets every plan use the partial index.
            AND q.status IN ('fetched', 'sessionized')
            AND q.webinar_id <> ALL (v_waiting)
        ORDER BY q.webinar_id, q.id
        FOR UPDATE SKIP LOCKED;
    v_items bigint[];
    v_rows bigint := 0;
BEGIN
    FOR v_item IN v_batch LOOP
        v_rows := v_rows + v_item.rows;
        EXIT WHEN v_rows > p_max_rows AND v_items IS NOT NULL;
        v_items := v_items || v_item.id;
        EXIT WHEN v_rows >= p_max_rows OR cardinality(v_items) >= 100;
    END LOOP;
    IF v_items IS NULL THEN
        -- What others hold is done only when they commit: a killed task's session goes on without it, and may end in nothing.
        SELECT ARRAY[q.id] INTO v_items
        FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id AND q.kind = 'participants' AND q.status = p_status AND q.status IN ('fetched', 'sessionized')
            AND q.webinar_id <> ALL (v_waiting)
        ORDER BY q.webinar_id, q.id
        FOR UPDATE
        LIMIT 1;
    END IF;
    RETURN v_items;
END
$$;
COMMENT ON FUNCTION take_batch(bigint, text, integer) IS 'Lock and return the next instances of a run that are fetched or sessionized, up to p_max_rows rows; null when none is left. Where others hold all that are left, it waits for them first.';
