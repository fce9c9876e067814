-- Only what is missing is worked out, so a run without news costs two look-ups. In portions of so many people: an upgraded
-- database may hold thousands of instances without a row, and millions of people at once would not fit in memory.
CREATE FUNCTION fill_statistics(p_connection_id bigint)
RETURNS TABLE (instances integer, webinars integer)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET work_mem = '16MB'
AS $$
DECLARE
    v_people CONSTANT integer := 20000;
    v_ids bigint[];
BEGIN
    PERFORM lock_statistics(p_connection_id, false);
    instances := 0;
    FOR v_ids IN
        SELECT array_agg(p.id)
        FROM (
            SELECT
                i.id,
                row_number() OVER by_id / 100 AS hundred,
                sum(coalesce(r.rows_distinct, 0)) OVER by_id / v_people AS portion
            FROM zoom_webinar_instances i
            LEFT JOIN zoom_instance_reads r ON r.instance_id = i.id
            WHERE i.connection_id = p_connection_id
                AND NOT EXISTS (SELECT FROM zoom_instance_statistics s WHERE s.instance_id = i.id)
            WINDOW by_id AS (ORDER BY i.id)
        ) p
        GROUP BY p.hundred, p.portion
    LOOP
        INSERT INTO zoom_instance_statistics SELECT m.* FROM measure_instances(v_ids) m;
        instances := instances + cardinality(v_ids);
    END LOOP;
    webinars := fill_webinar_statistics(ARRAY(
        SELECT w.id
        FROM zoom_webinars w
        WHERE w.connection_id = p_connection_id
            AND NOT EXISTS (SELECT FROM zoom_webinar_statistics s WHERE s.webinar_id = w.id)
    ));
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION fill_statistics(bigint) IS 'Work out and store the statistics that a connection''s instances and webinars lack. Returns how many rows it stored.';
