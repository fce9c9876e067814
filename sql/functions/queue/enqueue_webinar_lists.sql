-- Settings, registrants and panelists hang on the webinar; they go before attendance, which is matched with them.
CREATE FUNCTION enqueue_webinar_lists(p_run_id bigint, p_kind text, p_variants text[], p_webinar_ids bigint[])
RETURNS integer
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH added AS (
        INSERT INTO webinar_sync_queue (run_id, kind, variant, priority, webinar_id)
        SELECT p_run_id, p_kind, v.variant, CASE p_kind WHEN 'webinar' THEN 0 ELSE 1 END, w.id
        FROM zoom_webinars w
        CROSS JOIN unnest(p_variants) AS v (variant)
        WHERE w.id = ANY (p_webinar_ids)
        ORDER BY w.id, v.variant
        ON CONFLICT (run_id, kind, variant, webinar_id, instance_id, meeting_id) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$$;
COMMENT ON FUNCTION enqueue_webinar_lists(bigint, text, text[], bigint[]) IS 'Queue lists of webinars (webinar, registrants by status, panelists), once each per run. Returns how many were new.';
