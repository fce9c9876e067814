-- The curve behind peak_concurrency. With its owner's rights: a monitor sees how many were there, not who.
CREATE FUNCTION instance_concurrency(p_instance text, p_bucket interval DEFAULT '1 minute')
RETURNS TABLE (bucket_start timestamptz, people integer, people_peak integer, attendees integer, attendees_peak integer)
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
        SELECT a.role, a.came_at, a.went_at FROM attended_intervals(v_instances) a
    ),
    window_of AS MATERIALIZED (
        SELECT t.step, date_bin(t.step, t.first_join, '2000-01-01 00:00:00+00') AS first_bucket, t.last_leave
        FROM (
            SELECT
                min(s.came_at) AS first_join, max(s.went_at) AS last_leave,
                make_interval(secs => bucket_seconds(p_bucket, coalesce(max(s.went_at) - min(s.came_at), '0'))) AS step
            FROM stay s
        ) t
    ),
    -- Leaves and joins of one moment are summed before they are counted on, so that neither comes first.
    moment AS (
        SELECT
            c.at,
            sum(c.change)::integer AS change,
            coalesce(sum(c.change) FILTER (WHERE c.role = 'attendee'), 0)::integer AS attendee_change
        FROM (
            SELECT s.came_at AS at, 1 AS change, s.role FROM stay s
            UNION ALL
            SELECT s.went_at, -1, s.role FROM stay s
        ) c
        GROUP BY c.at
    ),
    running AS (
        SELECT
            m.*,
            date_bin(t.step, m.at, t.first_bucket) AS bucket,
            sum(m.change) OVER (ORDER BY m.at) AS present,
            sum(m.attendee_change) OVER (ORDER BY m.at) AS present_attendees
        FROM moment m
        CROSS JOIN window_of t
    ),
    changed AS (
        SELECT
            r.bucket,
            sum(r.change) AS net, sum(r.attendee_change) AS attendee_net,
            coalesce(sum(r.change) FILTER (WHERE r.at = r.bucket), 0) AS at_start,
            coalesce(sum(r.attendee_change) FILTER (WHERE r.at = r.bucket), 0) AS attendees_at_start,
            max(r.present) AS peak, max(r.present_attendees) AS attendee_peak
        FROM running r
        GROUP BY r.bucket
    ),
    curve AS (
        SELECT
            b.bucket,
            coalesce(sum(c.net) OVER before, 0) + coalesce(c.at_start, 0) AS present,
            coalesce(sum(c.attendee_net) OVER before, 0) + coalesce(c.attendees_at_start, 0) AS present_attendees,
            c.peak, c.attendee_peak
        FROM window_of t
        CROSS JOIN LATERAL generate_series(t.first_bucket, t.last_leave - interval '1 microsecond', t.step) AS b (bucket)
        LEFT JOIN changed c ON c.bucket = b.bucket
        WINDOW before AS (ORDER BY b.bucket ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT
        k.bucket, k.present::integer, greatest(k.present, k.peak)::integer,
        k.present_attendees::integer, greatest(k.present_attendees, k.attendee_peak)::integer
    FROM curve k
    ORDER BY k.bucket;
END
$$;
COMMENT ON FUNCTION instance_concurrency(text, interval) IS 'How many people were present, bucket by bucket, from the first join to the last leave, empty buckets included. p_instance: an instance''s id or Zoom''s UUID; unknown or null: no rows. Buckets go by the clock (a minute begins at second 0). bucket_start; people: present at that moment, host and panelists included, each once, however many devices; people_peak: most at one moment within the bucket; attendees, attendees_peak: the same without host and panelists (the highest attendees_peak is peak_concurrency of instance_attendance_analytics). A bucket not above 0 or longer than a day, or more than 100,000 buckets, is an error.';
