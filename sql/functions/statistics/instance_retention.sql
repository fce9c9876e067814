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
BEGIN
    RETURN QUERY
    -- Who was there when is the costly part, and is worked out once.
    WITH stay AS MATERIALIZED (
        SELECT a.participant_id, a.came_at, a.went_at FROM attended_intervals(v_instances) a WHERE a.role = 'attendee'
    ),
    whole AS MATERIALIZED (
        SELECT min(s.came_at) AS came_at, max(s.went_at) AS went_at FROM stay s GROUP BY s.participant_id
    ),
    window_of AS MATERIALIZED (
        SELECT
            t.*, make_interval(secs => bucket_seconds(p_bucket, coalesce(t.last_leave - t.first_join, '0'))) AS step
        FROM (SELECT min(w.came_at) AS first_join, max(w.went_at) AS last_leave, count(*) AS came FROM whole w) t
    ),
    -- What happened after one bucket's start and up to the next one's shows at the next.
    change AS (
        SELECT
            date_bin(t.step, c.at - interval '1 microsecond', t.first_join) + t.step AS bucket,
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
        CROSS JOIN window_of t
        GROUP BY 1
    ),
    curve AS (
        SELECT
            b.bucket, t.first_join, t.came,
            coalesce(sum(c.arrived) OVER so_far, 0) AS arrived,
            coalesce(sum(c.present) OVER so_far, 0) AS present,
            t.came - coalesce(sum(c.gone) OVER so_far, 0) AS remaining
        FROM window_of t
        CROSS JOIN LATERAL generate_series(t.first_join, t.last_leave - interval '1 microsecond', t.step) AS b (bucket)
        LEFT JOIN change c ON c.bucket = b.bucket
        WINDOW so_far AS (ORDER BY b.bucket)
    )
    SELECT
        k.bucket, round(extract(epoch FROM k.bucket - k.first_join) / 60, 2), k.came::integer, k.arrived::integer,
        k.present::integer, round(100.0 * k.present / k.came, 1),
        k.remaining::integer, round(100.0 * k.remaining / k.came, 1)
    FROM curve k
    ORDER BY k.bucket;
END
$$;
COMMENT ON FUNCTION instance_retention(text, interval) IS 'Of the attendees who came, how many were still there, bucket by bucket from the first join to the last leave. p_instance: an instance''s id or Zoom''s UUID; unknown or null: no rows. bucket_start; minutes since the first join; came: all attendees with a stay of some length, the same in each row; arrived: how many of them had come by then; present: there at that moment; remaining: not gone for good yet (there, away for a while, or not yet arrived), never growing; present_share and remaining_share: per cent of came. A bucket not above 0 or longer than a day, or more than 100,000 buckets, is an error.';
