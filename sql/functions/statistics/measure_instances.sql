-- The definition of an instance's numbers, over many instances at once: a batch costs hardly more than its largest one.
CREATE FUNCTION measure_instances(p_instance_ids bigint[])
RETURNS SETOF zoom_instance_statistics
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_webinar_ids bigint[] := ARRAY(SELECT DISTINCT i.webinar_id FROM zoom_webinar_instances i WHERE i.id = ANY (p_instance_ids));
BEGIN
    RETURN QUERY
    WITH person AS MATERIALIZED (
        SELECT
            p.instance_id, p.webinar_id, p.role, p.session_count, p.attended_seconds, p.first_join_time, p.last_leave_time,
            p.registrant_id COLLATE "C" AS registrant_id, nullif(lower(p.email), '') COLLATE "C" AS mail
        FROM zoom_participants p
        WHERE p.instance_id = ANY (p_instance_ids)
    ),
    instance AS MATERIALIZED (
        SELECT
            i.id, i.webinar_id,
            coalesce(i.start_time, t.first_join_time) AS began_at,
            coalesce(
                i.end_time, i.start_time + make_interval(mins => nullif(greatest(i.duration_minutes, 0), 0)), t.last_leave_time
            ) AS ended_at
        FROM zoom_webinar_instances i
        LEFT JOIN (
            SELECT p.instance_id, min(p.first_join_time) AS first_join_time, max(p.last_leave_time) AS last_leave_time
            FROM person p
            GROUP BY p.instance_id
        ) t ON t.instance_id = i.id
        WHERE i.id = ANY (p_instance_ids)
    ),
    crowd AS (
        SELECT
            p.instance_id,
            count(*) FILTER (WHERE p.role = 'host') AS hosts,
            count(*) FILTER (WHERE p.role = 'panelist') AS panelists,
            sum(p.session_count) AS sessions
        FROM person p
        WHERE p.session_count > 0
        GROUP BY p.instance_id
    ),
    kept_out AS (
        SELECT p.instance_id, count(*) AS people FROM person p WHERE p.session_count = 0 GROUP BY p.instance_id
    ),
    audience AS (
        SELECT
            p.instance_id,
            count(*) AS attendees,
            sum(p.attended_seconds) AS attended_seconds,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY p.attended_seconds) AS median_attended_seconds,
            count(*) FILTER (WHERE p.last_leave_time >= i.ended_at - interval '5 minutes') AS stayed_to_end
        FROM person p
        JOIN instance i ON i.id = p.instance_id
        WHERE p.role = 'attendee' AND p.session_count > 0
        GROUP BY p.instance_id
    ),
    stay AS MATERIALIZED (
        SELECT a.* FROM attended_intervals(p_instance_ids) a WHERE a.role = 'attendee'
    ),
    rejoined AS (
        SELECT s.instance_id, count(DISTINCT s.participant_id) AS rejoiners, count(*) AS rejoins
        FROM stay s
        WHERE s.is_return
        GROUP BY s.instance_id
    ),
    -- Leaves and joins of one moment are summed before they are counted on, so that neither comes first.
    moment AS (
        SELECT c.instance_id, c.at, sum(c.change)::integer AS change
        FROM (
            SELECT s.instance_id, s.came_at AS at, 1 AS change FROM stay s
            UNION ALL
            SELECT s.instance_id, s.went_at, -1 FROM stay s
        ) c
        GROUP BY c.instance_id, c.at
    ),
    running AS (
        SELECT m.instance_id, m.at, sum(m.change) OVER (PARTITION BY m.instance_id ORDER BY m.at) AS present FROM moment m
    ),
    peak AS (
        SELECT DISTINCT ON (r.instance_id) r.instance_id, r.present, r.at
        FROM running r
        ORDER BY r.instance_id, r.present DESC, r.at
    ),
    registrant AS MATERIALIZED (
        SELECT r.id, r.webinar_id, r.status, r.registrant_id COLLATE "C" AS registrant_id, nullif(lower(r.email), '') COLLATE "C" AS mail
        FROM zoom_registrants r
        WHERE r.webinar_id = ANY (v_webinar_ids)
    ),
    registered AS (
        SELECT
            r.webinar_id,
            count(*) FILTER (WHERE r.status = 'approved') AS approved,
            count(*) FILTER (WHERE r.status = 'pending') AS pending,
            count(*) FILTER (WHERE r.status = 'denied') AS denied
        FROM registrant r
        GROUP BY r.webinar_id
    ),
    -- Two joins by hash and a union: one join with OR would compare everybody with everybody.
    came AS (
        SELECT c.instance_id, count(*) AS registrants
        FROM (
            SELECT p.instance_id, r.id
            FROM person p
            JOIN registrant r ON r.webinar_id = p.webinar_id AND r.registrant_id = p.registrant_id
            WHERE p.session_count > 0 AND r.status = 'approved'
            UNION
            SELECT p.instance_id, r.id
            FROM person p
            JOIN registrant r ON r.webinar_id = p.webinar_id AND r.mail = p.mail
            WHERE p.session_count > 0 AND r.status = 'approved'
        ) c
        GROUP BY c.instance_id
    )
    SELECT
        i.id, i.webinar_id, i.began_at, i.ended_at,
        coalesce(r.approved, 0)::integer, coalesce(r.pending, 0)::integer, coalesce(r.denied, 0)::integer,
        coalesce(c.registrants, 0)::integer,
        coalesce(a.attendees, 0)::integer, coalesce(a.attended_seconds, 0)::bigint, a.median_attended_seconds,
        coalesce(j.rejoiners, 0)::integer, coalesce(j.rejoins, 0)::integer,
        coalesce(k.present, 0)::integer, k.at,
        coalesce(a.stayed_to_end, 0)::integer,
        coalesce(w.hosts, 0)::integer, coalesce(w.panelists, 0)::integer,
        coalesce(o.people, 0)::integer, coalesce(w.sessions, 0)::integer
    FROM instance i
    LEFT JOIN registered r ON r.webinar_id = i.webinar_id
    LEFT JOIN came c ON c.instance_id = i.id
    LEFT JOIN crowd w ON w.instance_id = i.id
    LEFT JOIN kept_out o ON o.instance_id = i.id
    LEFT JOIN audience a ON a.instance_id = i.id
    LEFT JOIN rejoined j ON j.instance_id = i.id
    LEFT JOIN peak k ON k.instance_id = i.id;
END
$$;
COMMENT ON FUNCTION measure_instances(bigint[]) IS 'Work out the numbers of these instances from people, sessions and registrants; the columns are explained at zoom_instance_statistics.';
