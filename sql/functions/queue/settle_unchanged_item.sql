-- The list is row for row what the last read was served, and nothing else that people are made of was written since, nor is
-- still being read: then there is nothing to sessionize. Asked under the lease, when the last page is in, because a registrant
-- may have come while the pages were read. That nobody deleted sessions is what page_digests say; that there are any is asked,
-- for tables that were emptied or restored past the triggers.
-- No row of data hangs on it: it need not wait for the disk.
CREATE FUNCTION settle_unchanged_item(
    p_item_id bigint,
    p_fencing_token bigint,
    p_page_digest bytea,
    p_rows integer,
    p_rows_rejected integer,
    p_total_records integer,
    p_list_source text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_item webinar_sync_queue;
    v_read record;
BEGIN
    IF NOT coalesce(hold_item(p_item_id), false) THEN
        RETURN NULL;
    END IF;
    SELECT q.* INTO v_item
    FROM webinar_sync_queue q
    WHERE q.id = p_item_id AND q.fencing_token = p_fencing_token AND q.status = 'leased'
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT
        r.digest, r.rows_distinct, coalesce(r.people, (SELECT count(*) FROM zoom_participants p WHERE p.instance_id = i.id)) AS people, i.uuid,
        (
            SELECT r.sync_status = 'complete' AND count(*) = 4 AND min(n.checked_at) > i.updated_at
            FROM zoom_instance_reconciliation n
            WHERE n.instance_id = i.id
                -- A run that was ended before it compared has left the comparison of the one before.
                AND EXISTS (SELECT FROM sync_runs l WHERE l.id = r.last_run_id AND l.status IN ('completed', 'completed_with_gaps'))
        ) AS is_reconciled
    INTO v_read
    FROM zoom_instance_reads r
    JOIN zoom_webinar_instances i ON i.id = r.instance_id
    WHERE r.instance_id = v_item.instance_id AND r.page_digests = v_item.page_digests || p_page_digest
        AND r.attendance_source = p_list_source AND r.total_records IS NOT DISTINCT FROM coalesce(p_total_records, v_item.total_records)
        AND r.people_matched_at >= i.updated_at
        AND r.people_matched_at > coalesce((SELECT c.changed_at FROM zoom_people_changes c WHERE c.webinar_id = v_item.webinar_id), '-infinity')
        AND NOT people_are_awaited(v_item.run_id, v_item.webinar_id)
        AND (r.rows_distinct = 0 OR EXISTS (SELECT FROM zoom_participant_sessions s WHERE s.instance_id = r.instance_id));
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE webinar_sync_queue q SET
        status = 'done', worker = NULL, fencing_token = NULL, lease_expires_at = NULL,
        heartbeat_at = clock_timestamp(), updated_at = clock_timestamp(),
        pages = q.pages + 1, held_pages = q.held_pages + 1, page_digests = array_append(q.page_digests, p_page_digest),
        rows_fetched = q.rows_fetched + p_rows, rows_rejected = q.rows_rejected + p_rows_rejected,
        total_records = coalesce(p_total_records, q.total_records), list_source = p_list_source, next_page_token = '',
        digest = v_read.digest, rows_distinct = v_read.rows_distinct,
        rows_duplicate = q.rows_fetched + p_rows - q.rows_rejected - p_rows_rejected - v_read.rows_distinct,
        sessions_unchanged = v_read.rows_distinct, participants_unchanged = v_read.people,
        is_reconciled = v_read.is_reconciled
    WHERE q.id = p_item_id;
    UPDATE zoom_instance_reads r SET
        sync_status = 'complete', provisional_since = NULL, reads = r.reads + 1, agreeing_reads = r.agreeing_reads + 1,
        fetch_seconds = extract(epoch FROM clock_timestamp() - v_item.started_at),
        last_read_at = now(), last_run_id = v_item.run_id
    WHERE r.instance_id = v_item.instance_id;
    PERFORM close_gap(v_item.run_id, 'participants', v_read.uuid);
    RETURN true;
END
$$;
COMMENT ON FUNCTION settle_unchanged_item(bigint, bigint, bytea, integer, integer, integer, text) IS 'Book the last page of a list whose pages are those of the last read, and end its item: true. False: something that it is read with was written since, or is still read, and nothing is booked: stage it. Null: the lease is gone.';
