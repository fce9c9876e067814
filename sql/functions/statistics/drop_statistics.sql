-- A row that is missing means: compute. So whoever changes what the numbers are made of has only to drop them.
CREATE FUNCTION drop_statistics(p_connection_id bigint, p_webinar_ids bigint[], p_instance_ids bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM lock_statistics(p_connection_id, false);
    DELETE FROM zoom_instance_statistics s WHERE s.instance_id = ANY (p_instance_ids);
    DELETE FROM zoom_webinar_statistics s WHERE s.webinar_id = ANY (p_webinar_ids);
END
$$;
COMMENT ON FUNCTION drop_statistics(bigint, bigint[], bigint[]) IS 'Drop the stored numbers of these webinars and instances of a connection: they are worked out when somebody asks, and stored again when the run ends.';
