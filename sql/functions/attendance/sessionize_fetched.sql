-- The heart of rollcall: staged rows become distinct sessions, sessions become people, people get their totals.
-- Works on a batch of whole instances, together with the sessions that earlier reads of them stored, so that a late row can
-- still join two people who turn out to be one.
CREATE FUNCTION sessionize_fetched(p_run_id bigint, p_max_rows integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET work_mem = '24MB'
AS $$
DECLARE
    v_items bigint[];
    v_copies bigint[];
    v_person_of integer[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(run_end_key(p_run_id));
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    v_items := take_batch(p_run_id, 'fetched', p_max_rows);
    IF v_items IS NULL THEN
        RETURN 0;
    END IF;

    -- Rows of the weaker endpoint never join or replace those of the better one. Those of the better one take over, but not
    -- many by none, nor by a list that is short by its own word and holds less.
    UPDATE webinar_sync_queue q
    SET rows_kept_back = q.rows_fetched - q.rows_rejected, digest = NULL, status = 'sessionized'
    FROM zoom_webinar_instances i
    WHERE q.id = ANY (v_items) AND i.id = q.instance_id
        AND CASE i.attendance_source
            WHEN 'report' THEN q.list_source = 'past_webinars'
            WHEN 'past_webinars' THEN
                q.list_source = 'report' AND (q.rows_fetched = 0 OR q.rows_fetched < q.total_records AND q.rows_fetched < (
                    SELECT count(*) FROM zoom_participant_sessions s WHERE s.instance_id = i.id AND s.superseded_at IS NULL
                ))
        END;

    v_copies := collect_sessions(v_items);
    v_person_of := link_people();
    PERFORM total_people(v_items, v_person_of);
    PERFORM part_people(v_items, v_person_of);

    INSERT INTO zoom_session_staging (item_id, session_ids, row_nos, person_nos, are_superseded)
    SELECT
        b.item_id, array_agg(b.session_id), array_agg(b.row_no), array_agg(v_person_of[b.node]), array_agg(b.is_superseded)
    FROM pg_temp.batch_session b
    GROUP BY b.item_id;

    UPDATE webinar_sync_queue q
    SET status = 'sessionized',
        -- Counted, not inferred: a staged row that went missing must not pass for a duplicate.
        rows_duplicate = t.copies,
        rows_distinct = CASE q.variant WHEN 'stored' THEN q.rows_distinct ELSE coalesce(n.sessions, 0) END,
        digest = CASE q.variant WHEN 'stored' THEN NULL ELSE coalesce(n.digest, 0) END,
        longest_duration = n.longest,
        has_merged_people = coalesce(m.has_merged, false),
        updated_at = now()  -- of people written later it knows nothing
    FROM unnest(v_items, v_copies) AS t (id, copies)
    LEFT JOIN (
        SELECT
            s.item_id, count(*) AS sessions, max(coalesce(s.duration, 0)) AS longest,
            bit_xor(hashtextextended(concat_ws('|', s.session_id, extract(epoch FROM s.leave_time), s.duration), 0)) AS digest
        FROM pg_temp.batch_session s
        WHERE s.row_no IS NOT NULL
        GROUP BY s.item_id
    ) n ON n.item_id = t.id
    LEFT JOIN (
        SELECT p.item_id, bool_or(p.people > 1) AS has_merged
        FROM (
            SELECT s.item_id, count(DISTINCT s.participant_id) AS people
            FROM pg_temp.batch_session s
            WHERE s.participant_id IS NOT NULL
            GROUP BY s.item_id, v_person_of[s.node]
        ) p
        GROUP BY p.item_id
    ) m ON m.item_id = t.id
    WHERE q.id = t.id AND q.status = 'fetched';

    DROP TABLE pg_temp.batch_session;
    RETURN cardinality(v_items);
END
$$;
COMMENT ON FUNCTION sessionize_fetched(bigint, integer) IS 'Sessionize a batch of fetched instances of a run, up to p_max_rows rows (one instance at least). Returns how many instances; 0 when none is left or the run has ended.';
