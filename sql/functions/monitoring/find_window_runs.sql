-- Summary and report speak of the same runs: those that began in the window, of the connections asked for.
CREATE FUNCTION find_window_runs(p_connection text, p_from timestamptz, p_to timestamptz)
RETURNS SETOF sync_runs
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_from > p_to THEN
        RAISE EXCEPTION 'p_from (%) is later than p_to (%): exchange them', p_from, p_to
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT r.*
    FROM find_connections(p_connection) f
    JOIN sync_runs r ON r.connection_id = f.connection_id AND r.source = f.source
    WHERE r.started_at >= coalesce(p_from, '-infinity') AND r.started_at < coalesce(p_to, 'infinity');
END
$$;
COMMENT ON FUNCTION find_window_runs(text, timestamptz, timestamptz) IS 'Runs of the connection with this id or name (all where null) that began from p_from on and before p_to; null bounds are open.';
