-- SKIP LOCKED lets any number of workers on any number of machines share the queue without waiting for one another.
-- An item whose lease ran out belongs to a worker that died: whoever asks next takes it over.
-- Zoom limits calls for people and for attendance apart: while two workers read the former, others need not wait for them. But
-- attendance that was read before can only be told to be unchanged when the people are in.
CREATE FUNCTION lease_queue_item(
    p_run_id bigint,
    p_worker text,
    p_lease_seconds double precision,
    OUT item_id bigint,
    OUT fencing_token bigint,
    OUT kind text,
    OUT variant text,
    OUT webinar_id bigint,
    OUT zoom_webinar_id bigint,
    OUT instance_id bigint,
    OUT instance_uuid text,
    OUT meeting_id bigint,
    OUT meeting_uri text,
    OUT needs_detail boolean,
    OUT known_digests bytea[],
    OUT rewrites bigint,
    OUT pages_read integer,
    OUT held_pages integer,
    OUT list_source text,
    OUT list_no integer,
    OUT next_page_token text,
    OUT rows_fetched integer
)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- A lease lost in a crash is a list that somebody takes again.
    PERFORM set_config('synchronous_commit', 'off', true);
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN;
    END IF;
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
        SELECT q.id INTO item_id
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
    IF item_id IS NULL THEN
        SELECT q.id INTO item_id
        FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id
            AND q.status IN ('queued', 'leased')  -- as the partial index says it
            AND (q.status = 'queued' OR (q.status = 'leased' AND q.lease_expires_at < clock_timestamp()))
        ORDER BY q.priority, q.id
        FOR UPDATE SKIP LOCKED
        LIMIT 1;
    END IF;
    IF item_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE webinar_sync_queue q
    SET status = 'leased', worker = p_worker, attempts = q.attempts + 1,
        fencing_token = nextval('webinar_sync_fencing_tokens'),
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds),
        started_at = CASE WHEN q.next_page_token = '' THEN clock_timestamp() ELSE q.started_at END,
        losses = coalesce((SELECT r.losses FROM zoom_instance_reads r WHERE r.instance_id = q.instance_id), 0),
        heartbeat_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE q.id = item_id
    RETURNING q.fencing_token, q.kind, q.variant, q.webinar_id, q.instance_id, q.meeting_id, q.list_source, q.list_no,
        q.next_page_token, q.rows_fetched, cardinality(q.page_digests), q.held_pages
    INTO fencing_token, kind, variant, webinar_id, instance_id, meeting_id, list_source, list_no, next_page_token, rows_fetched, pages_read, held_pages;

    IF kind = 'invitees' THEN
        SELECT m.uri INTO meeting_uri FROM meetings m WHERE m.id = lease_queue_item.meeting_id;
    ELSIF kind = 'participants' THEN
        SELECT w.zoom_webinar_id, i.uuid, i.end_time IS NULL OR coalesce(i.duration_minutes, 0) = 0 OR r.sync_status = 'provisional', r.page_digests
        INTO zoom_webinar_id, instance_uuid, needs_detail, known_digests
        FROM zoom_webinar_instances i
        JOIN zoom_webinars w ON w.id = i.webinar_id
        LEFT JOIN zoom_instance_reads r ON r.instance_id = i.id
        WHERE i.id = lease_queue_item.instance_id;
    ELSE
        SELECT w.zoom_webinar_id, r.page_digests, r.rewrites INTO zoom_webinar_id, known_digests, rewrites
        FROM zoom_webinars w
        LEFT JOIN zoom_people_reads r ON r.webinar_id = w.id AND r.kind = lease_queue_item.kind AND r.variant = lease_queue_item.variant
        WHERE w.id = lease_queue_item.webinar_id;
    END IF;
END
$$;
COMMENT ON FUNCTION lease_queue_item(bigint, text, double precision) IS 'Take the next item of a run under a lease. item_id is null when there is none to take, or the run has ended.';
