-- Runs keep the numbers by themselves. This is for whoever changed attendance by hand, or wants to be sure.
-- With its owner's rights, so that a monitor may call it: it changes nothing but numbers that follow from other tables.
CREATE FUNCTION refresh_statistics(p_connection text DEFAULT NULL)
RETURNS TABLE (source text, connection_id bigint, instances integer, webinars integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    -- In one order, so that two callers wait for each other and do not block each other.
    FOR source, connection_id IN
        SELECT c.source, c.connection_id FROM find_connections(p_connection) c WHERE c.source = 'zoom' ORDER BY c.connection_id
    LOOP
        PERFORM drop_statistics(
            connection_id,
            ARRAY(SELECT w.id FROM zoom_webinars w WHERE w.connection_id = refresh_statistics.connection_id),
            ARRAY(SELECT i.id FROM zoom_webinar_instances i WHERE i.connection_id = refresh_statistics.connection_id)
        );
        SELECT f.instances, f.webinars INTO instances, webinars FROM fill_statistics(connection_id) f;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION refresh_statistics(text) IS 'Work out all attendance statistics of a connection (its id or name; all where null) anew and store them. One row a connection: instances and webinars stored. A run on that connection that is about to write waits until this is done (seconds; a million participants take about half a minute). Needed only after attendance was changed by hand.';
