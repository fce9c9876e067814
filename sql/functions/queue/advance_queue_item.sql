-- Called in the transaction that stages the page: rows and mark change together or not at all. A page that is held has no rows
-- to lose: its mark need not wait for the disk.
CREATE FUNCTION advance_queue_item(
    p_item_id bigint,
    p_fencing_token bigint,
    p_next_page_token text,
    p_page_digest bytea,
    p_is_held boolean,
    p_rows integer,
    p_rows_rejected integer,
    p_total_records integer,
    p_list_source text,
    p_lease_seconds double precision
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT coalesce(hold_item(p_item_id), false) THEN
        RETURN false;
    END IF;
    IF p_is_held THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    UPDATE webinar_sync_queue q
    SET pages = q.pages + 1,
        page_digests = array_append(q.page_digests, p_page_digest),
        held_pages = CASE WHEN p_is_held THEN q.held_pages + 1 ELSE 0 END,
        rows_fetched = q.rows_fetched + p_rows,
        rows_rejected = q.rows_rejected + p_rows_rejected,
        total_records = coalesce(p_total_records, q.total_records),
        list_source = coalesce(p_list_source, q.list_source),
        next_page_token = p_next_page_token,
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds),
        heartbeat_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE q.id = p_item_id AND q.fencing_token = p_fencing_token AND q.status = 'leased';
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION advance_queue_item(bigint, bigint, text, bytea, boolean, integer, integer, integer, text, double precision) IS 'Book a fetched page on an item and renew its lease. False: the lease is gone, the caller must roll back.';
