-- The definition of a webinar's numbers: sums over its instances, stored or worked out, so that no session is read again.
-- Only what does not add up (people, the median) is asked of the people themselves, and only of a webinar to which people
-- came more than once.
CREATE FUNCTION measure_webinars(p_webinar_ids bigint[])
RETURNS SETOF zoom_webinar_statistics
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_instances bigint[] := ARRAY(SELECT i.id FROM zoom_webinar_instances i WHERE i.webinar_id = ANY (p_webinar_ids));
    v_missing bigint[];
BEGIN
    SELECT array_agg(i.id) INTO v_missing
    FROM unnest(v_instances) AS i (id)
    LEFT JOIN zoom_instance_statistics s ON s.instance_id = i.id AND s.instance_id = ANY (v_instances)
    WHERE s.instance_id IS NULL;

    RETURN QUERY
    WITH instance AS MATERIALIZED (
        SELECT s.* FROM zoom_instance_statistics s WHERE s.instance_id = ANY (v_instances)
        UNION ALL
        SELECT m.* FROM measure_instances(v_missing) m WHERE v_missing IS NOT NULL
    ),
    series AS MATERIALIZED (
        SELECT array_agg(t.webinar_id) AS ids
        FROM (
            SELECT n.webinar_id
            FROM instance n
            WHERE n.attendees + n.hosts + n.panelists > 0
            GROUP BY n.webinar_id
            HAVING count(*) > 1
        ) t
    ),
    total AS (
        SELECT
            n.webinar_id,
            sum(n.attendees) AS attendances, sum(n.attended_seconds) AS attended_seconds,
            max(n.median_attended_seconds) AS median_attended_seconds,
            sum(n.rejoiners) AS rejoiners, sum(n.rejoins) AS rejoins,
            sum(n.stayed_to_end) AS stayed_to_end, sum(n.never_let_in) AS never_let_in, sum(n.sessions) AS sessions,
            sum(n.hosts) AS hosts, sum(n.panelists) AS panelists,
            max(n.registrants_attended) AS registrants_attended
        FROM instance n
        GROUP BY n.webinar_id
    ),
    peak AS (
        SELECT DISTINCT ON (n.webinar_id) n.webinar_id, n.peak_concurrency, n.peak_at
        FROM instance n
        ORDER BY n.webinar_id, n.peak_concurrency DESC, n.peak_at
    ),
    registered AS (
        SELECT
            r.webinar_id,
            count(*) FILTER (WHERE r.status = 'approved') AS approved,
            count(*) FILTER (WHERE r.status = 'pending') AS pending,
            count(*) FILTER (WHERE r.status = 'denied') AS denied
        FROM zoom_registrants r
        WHERE r.webinar_id = ANY (p_webinar_ids)
        GROUP BY r.webinar_id
    ),
    median AS (
        SELECT p.webinar_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.attended_seconds) AS seconds
        FROM zoom_participants p
        WHERE p.webinar_id = ANY ((SELECT e.ids FROM series e)::bigint[]) AND p.session_count > 0 AND p.role = 'attendee'
        GROUP BY p.webinar_id
    ),
    counted AS (
        SELECT p.webinar_id, p.attendees, p.panelists, p.hosts, p.registrants FROM count_people((SELECT e.ids FROM series e)) p
    )
    SELECT
        w.id,
        coalesce(r.approved, 0)::integer, coalesce(r.pending, 0)::integer, coalesce(r.denied, 0)::integer,
        coalesce(CASE WHEN e.is_series THEN d.registrants ELSE t.registrants_attended END, 0)::integer,
        coalesce(CASE WHEN e.is_series THEN d.attendees ELSE t.attendances END, 0)::integer,
        coalesce(t.attendances, 0)::integer, coalesce(t.attended_seconds, 0)::bigint,
        CASE WHEN e.is_series THEN m.seconds ELSE t.median_attended_seconds END,
        coalesce(t.rejoiners, 0)::integer, coalesce(t.rejoins, 0)::integer,
        coalesce(k.peak_concurrency, 0)::integer, k.peak_at,
        coalesce(t.stayed_to_end, 0)::integer,
        coalesce(CASE WHEN e.is_series THEN d.hosts ELSE t.hosts END, 0)::integer,
        coalesce(CASE WHEN e.is_series THEN d.panelists ELSE t.panelists END, 0)::integer,
        coalesce(t.never_let_in, 0)::integer, coalesce(t.sessions, 0)::bigint
    FROM zoom_webinars w
    CROSS JOIN LATERAL (SELECT coalesce(w.id = ANY (x.ids), false) AS is_series FROM series x) e
    LEFT JOIN total t ON t.webinar_id = w.id
    LEFT JOIN peak k ON k.webinar_id = w.id
    LEFT JOIN registered r ON r.webinar_id = w.id
    LEFT JOIN median m ON m.webinar_id = w.id
    LEFT JOIN counted d ON d.webinar_id = w.id
    WHERE w.id = ANY (p_webinar_ids);
END
$$;
COMMENT ON FUNCTION measure_webinars(bigint[]) IS 'Work out the numbers of these webinars over all their instances; the columns are explained at zoom_webinar_statistics.';
