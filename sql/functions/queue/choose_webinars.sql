-- Settings and people of a webinar can only be read while Zoom still lists its id, so they are read early and then now and
-- again; one that is known from history alone is tried once. One with gaps that Zoom lists no more is asked for until Zoom says that
-- it is gone.
CREATE FUNCTION choose_webinars(p_run_id bigint, p_alive bigint[])
RETURNS SETOF bigint
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH due AS MATERIALIZED (
        -- The key of a registrants gap ends with the status.
        SELECT split_part(g.object_key, ' ', 1) AS zoom_webinar_id, g.object_kind, g.is_expected
        FROM sync_runs run
        JOIN sync_gaps g ON g.source = 'zoom' AND g.connection_id = run.connection_id
        WHERE run.id = p_run_id AND g.object_kind IN ('webinar', 'registrants', 'panelists', 'instances')
            AND g.closed_at IS NULL AND g.recheck_at <= now()
    )
    SELECT w.id
    FROM sync_runs run
    JOIN zoom_webinars w ON w.connection_id = run.connection_id
    LEFT JOIN zoom_webinar_reads r ON r.webinar_id = w.id
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM webinar_sync_queue q WHERE q.run_id = run.id AND q.webinar_id = w.id) AS is_queued
    ) q
    WHERE run.id = p_run_id
        AND CASE
            WHEN w.zoom_webinar_id = ANY (run.webinar_ids) THEN true
            WHEN w.zoom_webinar_id = ANY (p_alive) THEN
                run.mode = 'full'
                OR q.is_queued
                OR (run.mode = 'delta' AND (r.read_at IS NULL OR r.read_at < now() - interval '20 hours'
                    OR w.zoom_webinar_id::text IN (SELECT d.zoom_webinar_id FROM due d WHERE d.object_kind <> 'instances')))
            ELSE q.is_queued AND r.webinar_id IS NULL
                OR (run.mode IN ('full', 'delta')
                    AND w.zoom_webinar_id::text IN (SELECT d.zoom_webinar_id FROM due d WHERE NOT d.is_expected))
        END
    ORDER BY w.id
$$;
COMMENT ON FUNCTION choose_webinars(bigint, bigint[]) IS 'The webinars whose settings, registrants and panelists a run reads. p_alive: numeric ids that Zoom lists now.';
