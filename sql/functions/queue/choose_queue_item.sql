-- SKIP LOCKED lets any number of workers on any number of machines share the queue without waiting for one another.
-- An item whose lease ran out belongs to a worker that died: whoever asks next takes it over.
-- Zoom limits calls for people and for attendance apart: while two workers read the former, others need not wait for them. But
-- attendance that was read before can only be told to be unchanged when the people are in.
CREATE FUNCTION choose_queue_item(p_run_id bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_item_id bigint;
BEGIN
    -- What is leased stands in front; a few of each are enough, and as quick in a queue of thousands.
    IF (
        SELECT count(*) FILTER (WHERE n.priority < 2 AND n.status = 'leased' AND n.lease_expires_at >= clock_timestamp()) >= 2
        FROM (
            SELECT q.priority, q.status, q.lease_expires_at
            FROM webinar_sync_queue q
            WHERE q.run_id = p_run_id AND q.status IN ('queued', 'leased')
            ORDER BY q.priority, q.id
            LIMIT 20
        ) AS n
    ) THEN
        SELECT q.id INTO v_item_id
        FROM webinar_sync_queue q
        WHERE q.kind = 'participants' AND q.status = 'queued'
            AND NOT EXISTS (SELECT FROM zoom_instance_reads r WHERE r.instance_id = q.instance_id)
            AND q.id IN (
                SELECT n.id
                FROM webinar_sync_queue n
                WHERE n.run_id = p_run_id AND n.priority = 2 AND n.status = 'queued'
                ORDER BY n.id
                LIMIT 20
            )
        ORDER BY q.id
        FOR UPDATE OF q SKIP LOCKED
        LIMIT 1;
    END IF;
    IF v_item_id IS NULL THEN
        SELECT q.id INTO v_item_id
        FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id
            AND q.status IN ('queued', 'leased')  -- as the partial index says it
            AND (q.status = 'queued' OR (q.status = 'leased' AND q.lease_expires_at < clock_timestamp()))
        ORDER BY q.priority, q.id
        FOR UPDATE SKIP LOCKED
        LIMIT 1;
    END IF;
    RETURN v_item_id;
END
$$;
COMMENT ON FUNCTION choose_queue_item(bigint) IS 'Lock and return the item of a run that a worker reads next: none that is leased, but for those whose lease ran out. Null when there is none to take.';
