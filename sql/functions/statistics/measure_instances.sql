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
    WITH person AS (
        SELECT
            p.instance_id,
            min(p.first_join_time) AS first_join_time, max(p.last_leave_time) AS last_leave_time,
            count(*) FILTER (WHERE p.came_as = 'host') AS hosts,
            count(*) FILTER (WHERE p.came_as = 'panelist') AS panelists,
            count(*) FILTER (WHERE p.came_as IS NULL) AS never_let_in,
            sum(p.session_count) AS sessions,
            count(*) FILTER (WHERE p.came_as = 'attendee') AS attendees,
            sum(p.attended_seconds) FILTER (WHERE p.came_as = 'attendee') AS attended_seconds,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY p.attended_seconds) FILTER (WHERE p.came_as = 'attendee') AS median_attended_seconds,
            array_agg(p.last_leave_time) FILTER (WHERE p.came_as = 'attendee') AS leaves
        FROM (
            SELECT p.*, CASE WHEN p.session_count > 0 THEN p.role END AS came_as
            FROM zoom_participants p
            WHERE p.instance_id = ANY (p_instance_ids)
        ) p
        GROUP BY p.instance_id
    ),
    instance AS (
        SELECT
            i.id, i.webinar_id, p.*,
            coalesce(i.start_time, p.first_join_time) AS began_at,
            coalesce(
                i.end_time, i.start_time + make_interval(mins => nullif(greatest(i.duration_minutes, 0), 0)), p.last_leave_time
            ) AS ended_at
        FROM zoom_webinar_instances i
        LEFT JOIN person p ON p.instance_id = i.id
        WHERE i.id = ANY (p_instance_ids)
    ),
    stay AS (
        SELECT
            a.instance_id,
            array_agg(a.came_at ORDER BY a.came_at) AS joins,
            array_agg(a.went_at ORDER BY a.went_at) AS leaves,
            count(DISTINCT a.participant_id) FILTER (WHERE a.is_return) AS rejoiners,
            count(*) FILTER (WHERE a.is_return) AS rejoins
        FROM attended_intervals(p_instance_ids) a
        WHERE a.role = 'attendee'
        GROUP BY a.instance_id
    ),
    -- At a join as many are present as have joined by then, less those who have left by then: no moment in between has more.
    peak AS (
        SELECT s.instance_id, s.rejoiners, s.rejoins, k.present, k.joined_at
        FROM stay s
        CROSS JOIN LATERAL (
            SELECT j.joined_at, j.joined - width_bucket(j.joined_at, s.leaves) AS present
            FROM unnest(s.joins) WITH ORDINALITY AS j (joined_at, joined)
            ORDER BY present DESC, j.joined_at
            LIMIT 1
        ) k
    ),
    registered AS (
        SELECT
            r.webinar_id,
            count(*) FILTER (WHERE r.status = 'approved') AS approved,
            count(*) FILTER (WHERE r.status = 'pending') AS pending,
            count(*) FILTER (WHERE r.status = 'denied') AS denied
        FROM zoom_registrants r
        WHERE r.webinar_id = ANY (v_webinar_ids)
        GROUP BY r.webinar_id
    ),
    visitor AS NOT MATERIALIZED (
        SELECT
            p.instance_id, p.webinar_id,
            p.registrant_id COLLATE "C" AS registrant_id, nullif(lower(p.email COLLATE "C"), '') AS mail
        FROM zoom_participants p
        WHERE p.instance_id = ANY (p_instance_ids) AND p.session_count > 0
    ),
    registrant AS NOT MATERIALIZED (
        SELECT r.id, r.webinar_id, r.registrant_id COLLATE "C" AS registrant_id, nullif(lower(r.email COLLATE "C"), '') AS mail
        FROM zoom_registrants r
        WHERE r.webinar_id = ANY (v_webinar_ids) AND r.status = 'approved'
    ),
    -- Two joins by hash and a union: one join with OR would compare everybody with everybody. The registrant comes first
    -- because the union sorts by it: instances are few, and a sort by them first would compare twice.
    came AS (
        SELECT c.instance_id, count(*) AS registrants
        FROM (
            SELECT r.id, v.instance_id
            FROM visitor v
            JOIN registrant r ON r.webinar_id = v.webinar_id AND r.registrant_id = v.registrant_id
            UNION
            SELECT r.id, v.instance_id
            FROM visitor v
            JOIN registrant r ON r.webinar_id = v.webinar_id AND r.mail = v.mail
        ) c
        GROUP BY c.instance_id
    )
    SELECT
        i.id, i.webinar_id, i.began_at, i.ended_at,
        coalesce(r.approved, 0)::integer, coalesce(r.pending, 0)::integer, coalesce(r.denied, 0)::integer,
        coalesce(c.registrants, 0)::integer,
        coalesce(i.attendees, 0)::integer, coalesce(i.attended_seconds, 0)::bigint, i.median_attended_seconds,
        coalesce(k.rejoiners, 0)::integer, coalesce(k.rejoins, 0)::integer,
        coalesce(k.present, 0)::integer, k.joined_at,
        (SELECT count(*) FROM unnest(i.leaves) AS l (at) WHERE l.at >= i.ended_at - interval '5 minutes')::integer,
        coalesce(i.hosts, 0)::integer, coalesce(i.panelists, 0)::integer,
        coalesce(i.never_let_in, 0)::integer, coalesce(i.sessions, 0)::integer
    FROM instance i
    LEFT JOIN registered r ON r.webinar_id = i.webinar_id
    LEFT JOIN came c ON c.instance_id = i.id
    LEFT JOIN peak k ON k.instance_id = i.id;
END
$$;
COMMENT ON FUNCTION measure_instances(bigint[]) IS 'Work out the numbers of these instances from people, sessions and registrants; the columns are explained at zoom_instance_statistics.';
