-- A page that is stored to the last value need not be stored again. That it is, is asked here and not only when the list was
-- leased: somebody may have written the same people since, from another list. Nothing is locked against that: whoever has not
-- committed yet comes after this page, as he would if it were stored.
CREATE FUNCTION pass_known_page(
    p_item_id bigint,
    p_fencing_token bigint,
    p_next_page_token text,
    p_page_digest bytea,
    p_rows integer,
    p_rows_rejected integer,
    p_total_records integer,
    p_subject text,
    p_lease_seconds double precision
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_run_id bigint;
    v_kind text;
BEGIN
    SELECT q.run_id, q.kind INTO v_run_id, v_kind
    FROM webinar_sync_queue q
    JOIN zoom_people_reads r ON r.webinar_id = q.webinar_id AND r.kind = q.kind AND r.variant = q.variant
    WHERE q.id = p_item_id AND r.page_digests[cardinality(q.page_digests) + 1] = p_page_digest;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF NOT advance_queue_item(
        p_item_id, p_fencing_token, p_next_page_token, p_page_digest, true, p_rows, p_rows_rejected, p_total_records, NULL, p_lease_seconds
    ) THEN
        RETURN NULL;
    END IF;
    IF p_next_page_token = '' THEN
        PERFORM settle_queue_item(p_item_id, p_fencing_token, 'done');
        PERFORM close_gap(v_run_id, v_kind, p_subject);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION pass_known_page(bigint, bigint, text, bytea, integer, integer, integer, text, double precision) IS 'Book a page of registrants or panelists whose rows are stored to the last value, and where it is the last one end its item: true. False: it is not known (any more), and nothing is booked: store it. Null: the lease is gone. p_subject: how a gap of the list would be named.';
