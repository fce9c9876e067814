-- Everything that asks who was there at a moment starts here. Most people have one session, and their row says all about it:
-- only the sessions of the others are read.
CREATE FUNCTION attended_intervals(p_instance_ids bigint[])
RETURNS TABLE (instance_id bigint, participant_id bigint, role text, came_at timestamptz, went_at timestamptz, is_return boolean)
LANGUAGE plpgsql STABLE ROWS 10000
SET search_path FROM CURRENT
-- Right after a first sync the tables have no statistics, and a wrong guess makes a loop of quadratic length.
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
    SELECT p.instance_id, p.id, p.role, p.first_join_time, p.last_leave_time, false
    FROM zoom_participants p
    WHERE p.instance_id = ANY (p_instance_ids) AND p.session_count = 1 AND p.first_join_time < p.last_leave_time;

    -- Where an earlier session covers the beginning it is cut off: cheaper than a union of ranges that is taken apart again.
    RETURN QUERY
    SELECT s.instance_id, s.id, s.role, greatest(s.join_time, s.covered_until), s.end_time, coalesce(s.join_time > s.covered_until, false)
    FROM (
        SELECT
            p.instance_id, p.id, p.role, s.join_time, s.end_time,
            max(s.end_time) OVER (
                PARTITION BY p.id ORDER BY s.join_time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS covered_until
        FROM zoom_participants p
        JOIN attended_sessions s ON s.participant_id = p.id
        WHERE p.instance_id = ANY (p_instance_ids) AND p.session_count > 1
            AND s.instance_id = ANY (p_instance_ids) AND s.join_time < s.end_time
    ) s
    WHERE s.covered_until IS NULL OR s.end_time > s.covered_until;
END
$$;
COMMENT ON FUNCTION attended_intervals(bigint[]) IS 'When people were present in these instances, from came_at to before went_at: rows of a person never overlap, devices at the same time taken together; a stay that several sessions cover may come in parts, each beginning where the one before ends. is_return: the person had been there before and away in between. Sessions without a length or a usable time have no row.';
