-- The list is row for row what the last read was served, and nothing else that people are made of was written since, nor is
-- still being read: then there is nothing to sessionize. Asked under the lease, in the transaction that ends it, because a
-- registrant may have come while the pages were read. What is stored is counted: a row that somebody lost makes the list worth
-- a full look.
CREATE FUNCTION settle_unchanged_item(p_item_id bigint, p_fencing_token bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_item webinar_sync_queue;
    v_read zoom_instance_reads;
    v_is_reconciled boolean;
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
    SELECT r.* INTO v_read
    FROM zoom_instance_reads r
    WHERE r.instance_id = v_item.instance_id AND r.page_digests = v_item.page_digests
        AND r.attendance_source = v_item.list_source AND r.total_records IS NOT DISTINCT FROM v_item.total_records
        AND r.last_read_at > coalesce((SELECT c.changed_at FROM zoom_people_changes c WHERE c.webinar_id = v_item.webinar_id), '-infinity')
        AND NOT EXISTS (
            SELECT FROM webinar_sync_queue q
            WHERE q.run_id = v_item.run_id AND q.kind IN ('webinar', 'registrants', 'panelists') AND q.webinar_id = v_item.webinar_id
                AND q.status IN ('queued', 'leased')
        )
        AND r.rows_distinct <= (SELECT count(*) FROM zoom_participant_sessions s WHERE s.instance_id = v_item.instance_id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT v_read.sync_status = 'complete' AND count(*) = 4 AND min(n.checked_at) > i.updated_at INTO v_is_reconciled
    FROM zoom_webinar_instances i
    LEFT JOIN zoom_instance_reconciliation n ON n.instance_id = i.id
    WHERE i.id = v_item.instance_id
    GROUP BY i.id;

    UPDATE webinar_sync_queue q SET
        status = 'done', worker = NULL, fencing_token = NULL, lease_expires_at = NULL,
        heartbeat_at = clock_timestamp(), updated_at = clock_timestamp(),
        digest = v_read.digest, rows_distinct = v_read.rows_distinct,
        rows_duplicate = q.rows_fetched - q.rows_rejected - v_read.rows_distinct,
        sessions_unchanged = v_read.rows_distinct,
        participants_unchanged = (SELECT count(*) FROM zoom_participants p WHERE p.instance_id = v_item.instance_id),
        is_reconciled = v_is_reconciled
    WHERE q.id = p_item_id;
    UPDATE zoom_instance_reads r SET
        sync_status = 'complete', provisional_since = NULL, reads = r.reads + 1, agreeing_reads = r.agreeing_reads + 1,
        fetch_seconds = extract(epoch FROM clock_timestamp() - v_item.started_at),
        last_read_at = now(), last_run_id = v_item.run_id
    WHERE r.instance_id = v_item.instance_id;
    PERFORM close_gap(v_item.run_id, 'participants', i.uuid) FROM zoom_webinar_instances i WHERE i.id = v_item.instance_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION settle_unchanged_item(bigint, bigint) IS 'End an item whose pages are all booked and are those of the last read: true. False: it is not, or something that it is read with was written since: stage it. Null: the lease is gone.';
