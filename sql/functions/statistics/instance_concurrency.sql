-- The curve behind peak_concurrency. With its owner's rights: a monitor sees how many were there, not who.
CREATE FUNCTION instance_concurrency(p_instance text, p_bucket interval DEFAULT '1 minute')
RETURNS TABLE (bucket_start timestamptz, people integer, people_peak integer, attendees integer, attendees_peak integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET work_mem = '48MB'
AS $$
DECLARE
    v_instances bigint[] := ARRAY[find_instance(p_instance)];
    v_first timestamptz;
    v_last timestamptz;
    v_step interval;
BEGIN
    SELECT min(a.came_at), max(a.went_at) INTO v_first, v_last FROM attended_intervals(v_instances) a;
    v_step := make_interval(secs => bucket_seconds(p_bucket, coalesce(v_last - v_first, '0')));
    v_first := date_bin(v_step, v_first, '2000-01-01 00:00:00+00');

    RETURN QUERY
    -- Leaves and joins of one moment are summed before they are counted on, so that neither comes first.
    WITH moment AS (
        SELECT
            c.at,
            sum(c.change)::integer AS change,
            coalesce(sum(c.change) FILTER (WHERE c.role = 'attendee'), 0)::integer AS attendee_change
        FROM (
            SELECT a.came_at AS at, 1 AS change, a.role FROM attended_intervals(v_instances) a
            UNION ALL
            SELECT a.went_at, -1, a.role FROM attended_intervals(v_instances) a
        ) c
        GROUP BY c.at
    ),
    running AS (
        SELECT
            m.*,
            date_bin(v_step, m.at, v_first) AS bucket,
            sum(m.change) OVER (ORDER BY m.at) AS present,
            sum(m.attendee_change) OVER (ORDER BY m.at) AS present_attendees
        FROM moment m
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
        FROM generate_series(v_first, v_last, v_step) AS b (bucket)
        LEFT JOIN changed c ON c.bucket = b.bucket
        WHERE b.bucket < v_last
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
