-- People know connections by name, programs by id: every question takes either, and all of them when none is given. A name may
-- be a number: then it is the name that was meant.
CREATE FUNCTION find_connections(p_connection text)
RETURNS TABLE (source text, connection_id bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT c.source, c.connection_id
    FROM sync_connections c
    WHERE p_connection IS NULL OR c.name = p_connection
        OR (c.source = 'calendly' AND lower(c.name) = lower(p_connection))
        OR (c.connection_id::text = p_connection AND NOT EXISTS (SELECT FROM sync_connections n WHERE n.name = p_connection))
$$;
COMMENT ON FUNCTION find_connections(text) IS 'Connections with this name (an e-mail in any case), or where none has it, with this id; all where null. No row: there is none.';
