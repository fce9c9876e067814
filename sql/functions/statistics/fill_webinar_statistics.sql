-- In portions of so many people: those of all webinars of a large account at once would not fit in memory.
CREATE FUNCTION fill_webinar_statistics(p_webinar_ids bigint[])
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_people CONSTANT integer := 20000;
    v_ids bigint[];
    v_filled integer := 0;
BEGIN
    FOR v_ids IN
        SELECT array_agg(p.id)
        FROM (
            SELECT
                w.id,
                row_number() OVER by_id / 100 AS hundred,
                div(sum(coalesce(n.people, 0)) OVER by_id, v_people) AS portion
            FROM unnest(p_webinar_ids) AS w (id)
            LEFT JOIN (
                SELECT i.webinar_id, sum(s.attendees + s.hosts + s.panelists) AS people
                FROM zoom_webinar_instances i
                JOIN zoom_instance_statistics s ON s.instance_id = i.id
                WHERE i.webinar_id = ANY (p_webinar_ids)
                GROUP BY i.webinar_id
            ) n ON n.webinar_id = w.id
            WHERE NOT EXISTS (SELECT FROM zoom_webinar_statistics s WHERE s.webinar_id = w.id)
            WINDOW by_id AS (ORDER BY w.id)
        ) p
        GROUP BY p.hundred, p.portion
    LOOP
        INSERT INTO zoom_webinar_statistics SELECT m.* FROM measure_webinars(v_ids) m;
        v_filled := v_filled + cardinality(v_ids);
    END LOOP;
    RETURN v_filled;
END
$$;
COMMENT ON FUNCTION fill_webinar_statistics(bigint[]) IS 'Work out and store the statistics that these webinars lack; the caller holds lock_statistics(). Returns how many rows it stored.';
