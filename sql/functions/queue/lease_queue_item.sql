-- A lease proves whose a list is: its token is new each time, and an item whose lease ran out goes to whoever asks next.
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
    item_id := choose_queue_item(p_run_id);
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
