-- Cost follows the change: an instance that a batch read without news keeps its row untouched.
CREATE FUNCTION refresh_batch_statistics(p_run_id bigint, p_items bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_instances bigint[];
    v_webinars bigint[];
BEGIN
    SELECT array_agg(q.instance_id), array_agg(DISTINCT q.webinar_id) INTO v_instances, v_webinars
    FROM webinar_sync_queue q
    WHERE q.id = ANY (p_items) AND (
        q.sessions_inserted + q.sessions_updated + q.participants_inserted + q.participants_updated > 0
        OR q.has_merged_people
        OR NOT EXISTS (SELECT FROM zoom_instance_statistics s WHERE s.instance_id = q.instance_id)
    );
    IF v_instances IS NULL THEN
        RETURN;
    END IF;
    PERFORM lock_statistics(r.connection_id, true) FROM sync_runs r WHERE r.id = p_run_id;
    DELETE FROM zoom_instance_statistics s WHERE s.instance_id = ANY (v_instances);
    INSERT INTO zoom_instance_statistics SELECT m.* FROM measure_instances(v_instances) m;

    -- Two batches may hold instances of the same webinars: in one order, or each would wait for the other.
    PERFORM FROM zoom_webinar_statistics s WHERE s.webinar_id = ANY (v_webinars) ORDER BY s.webinar_id FOR UPDATE;
    DELETE FROM zoom_webinar_statistics s WHERE s.webinar_id = ANY (v_webinars);

    -- Side by side with other batches, rather than all at the end. Who finishes a webinar works out its numbers; where two
    -- batches finish it at the same moment neither does, and the end of the run fills them in.
    PERFORM fill_webinar_statistics(ARRAY(
        SELECT w.id
        FROM unnest(v_webinars) AS w (id)
        WHERE NOT EXISTS (
            SELECT FROM webinar_sync_queue q
            WHERE q.run_id = p_run_id AND q.kind = 'participants' AND q.webinar_id = w.id
                AND (q.status IN ('queued', 'leased') OR q.status IN ('fetched', 'sessionized', 'abandoned'))
        )
    ));
END
$$;
COMMENT ON FUNCTION refresh_batch_statistics(bigint, bigint[]) IS 'Store the numbers of those instances of a batch of queue items that changed or have none, and those of the webinars that they complete; the other webinars'' are dropped. To be called last: a batch that holds instances of the same webinars waits from here.';
