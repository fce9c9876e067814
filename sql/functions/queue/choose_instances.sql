-- What a run reads again, and what it leaves alone, in one place.
CREATE FUNCTION choose_instances(
    p_connection_id bigint, p_mode text, p_from timestamptz, p_to timestamptz, p_webinar_ids bigint[]
)
RETURNS SETOF bigint
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT i.id
    FROM zoom_webinar_instances i
    JOIN zoom_webinars w ON w.id = i.webinar_id
    LEFT JOIN zoom_instance_reads r ON r.instance_id = i.id
    LEFT JOIN sync_gaps g
        ON g.source = 'zoom' AND g.connection_id = i.connection_id AND g.object_kind = 'participants' AND g.object_key = i.uuid AND g.closed_at IS NULL
    WHERE i.connection_id = p_connection_id
        AND CASE p_mode
            -- A refusal for good is not asked again.
            WHEN 'full' THEN g.id IS NULL OR g.recheck_at IS NOT NULL
            WHEN 'delta' THEN CASE
                WHEN g.id IS NOT NULL THEN g.recheck_at <= now()
                WHEN r.instance_id IS NULL OR r.sync_status = 'provisional' THEN true
                -- The overlap catches what was late at the source; two reads that agree settle it.
                ELSE coalesce(i.end_time, i.start_time) >= p_from AND r.agreeing_reads < 2
            END
            WHEN 'date_range' THEN i.start_time < p_to AND coalesce(i.end_time, i.start_time) >= p_from
            WHEN 'webinars' THEN w.zoom_webinar_id = ANY (p_webinar_ids)
        END
    ORDER BY i.id
$$;
COMMENT ON FUNCTION choose_instances(bigint, text, timestamptz, timestamptz, bigint[]) IS 'The instances whose attendance a run of this mode and window reads. delta: never read, provisional, gaps that are due, and what ended since p_from unless two reads agree.';
