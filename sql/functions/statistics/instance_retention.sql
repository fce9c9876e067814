-- Where an audience drops off. With its owner's rights: a monitor sees how many were there, not who.
CREATE FUNCTION instance_retention(p_instance text, p_bucket interval DEFAULT '1 minute')
RETURNS TABLE (
    bucket_start timestamptz, minutes numeric, came integer, arrived integer,
    present integer, present_share numeric, remaining integer, remaining_share numeric
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET work_mem = '48MB'
AS $$
DECLARE
    v_instances bigint[] := ARRAY[find_instance(p_instance)];
    v_first timestamptz;
    v_last timestamptz;
    v_came integer;
    v_step interval;
BEGIN
    SELECT min(a.came_at), max(a.went_at), count(DISTINCT a.participant_id) INTO v_first, v_last, v_came
    FROM attended_intervals(v_instances) a
    WHERE a.role = 'attendee';
    v_step := make_interval(secs => bucket_seconds(p_bucket, coalesce(v_last - v_first, '0')));

    RETURN QUERY
    WITH stay AS MATERIALIZED (
        SELECT a.participant_id, a.came_at, a.went_at FROM attended_intervals(v_instances) a WHERE a.role = 'attendee'
    ),
    whole AS (
        SELECT min(s.came_at) AS came_at, max(s.went_at) AS went_at FROM stay s GROUP BY s.participant_id
    ),
    -- What happened after one bucket's start and up to the next one's shows at the next.
    change AS (
        SELECT
            v_first + v_step * ceil(extract(epoch FROM c.at - v_first) / extract(epoch FROM v_step))::double precision AS bucket,
            sum(c.present) AS present, sum(c.arrived) AS arrived, sum(c.gone) AS gone
        FROM (
            SELECT s.came_at AS at, 1 AS present, 0 AS arrived, 0 AS gone FROM stay s
            UNION ALL
            SELECT s.went_at, -1, 0, 0 FROM stay s
            UNION ALL
            SELECT w.came_at, 0, 1, 0 FROM whole w
            UNION ALL
            SELECT w.went_at, 0, 0, 1 FROM whole w
        ) c
        GROUP BY 1
    ),
    curve AS (
        SELECT
            b.bucket,
            coalesce(sum(c.arrived) OVER so_far, 0) AS arrived,
            coalesce(sum(c.present) OVER so_far, 0) AS present,
            v_came - coalesce(sum(c.gone) OVER so_far, 0) AS remaining
        FROM generate_series(0, ceil(extract(epoch FROM v_last - v_first) / extract(epoch FROM v_step))::integer - 1) AS n (no)
        CROSS JOIN LATERAL (SELECT v_first + v_step * n.no) AS b (bucket)
        LEFT JOIN change c ON c.bucket = b.bucket
        WINDOW so_far AS (ORDER BY b.bucket)
    )
    SELECT
        k.bucket, round(extract(epoch FROM k.bucket - v_first) / 60, 2), v_came, k.arrived::integer,
        k.present::integer, round(100.0 * k.present / v_came, 1),
        k.remaining::integer, round(100.0 * k.remaining / v_came, 1)
    FROM curve k
    ORDER BY k.bucket;
END
$$;
COMMENT ON FUNCTION instance_retention(text, interval) IS 'Of the attendees who came, how many were still there, bucket by bucket from the first join to the last leave. p_instance: an instance''s id or Zoom''s UUID; unknown or null: no rows. bucket_start; minutes since the first join; came: all attendees with a stay of some length, the same in each row; arrived: how many of them had come by then; present: there at that moment; remaining: not gone for good yet (there, away for a while, or not yet arrived), never growing; present_share and remaining_share: per cent of came. A bucket not above 0 or longer than a day, or more than 100,000 buckets, is an error.';
