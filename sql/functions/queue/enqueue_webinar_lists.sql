-- Settings, registrants and panelists hang on the webinar; they go before attendance, which is matched with them.
CREATE FUNCTION enqueue_webinar_lists(p_run_id bigint, p_kind text, p_variants text[], p_webinar_ids bigint[])
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    INSERT INTO webinar_sync_queue (run_id, kind, variant, priority, webinar_id)
    SELECT p_run_id, p_kind, v.variant, CASE p_kind WHEN 'webinar' THEN 0 ELSE 1 END, w.id
    FROM zoom_webinars w
    CROSS JOIN unnest(p_variants) AS v (variant)
    WHERE w.id = ANY (p_webinar_ids)
    ORDER BY w.id, v.variant
    ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO NOTHING;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF p_kind IN ('registrants', 'panelists') THEN
        -- Before anybody leases them: an update that came between would not find the row to say so.
        INSERT INTO zoom_people_reads (webinar_id, kind, variant)
        SELECT w.id, p_kind, v.variant
        FROM zoom_webinars w
        CROSS JOIN unnest(p_variants) AS v (variant)
        WHERE w.id = ANY (p_webinar_ids)
            AND NOT EXISTS (SELECT FROM zoom_people_reads r WHERE r.webinar_id = w.id AND r.kind = p_kind AND r.variant = v.variant)
        ON CONFLICT (webinar_id, kind, variant) DO NOTHING;
    END IF;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION enqueue_webinar_lists(bigint, text, text[], bigint[]) IS 'Queue lists of webinars (webinar, registrants by status, panelists), once each per run. Returns how many were new; 0 when the run has ended.';
