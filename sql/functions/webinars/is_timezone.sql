-- The view of all names reads a thousand files; to try one costs microseconds, since Postgres keeps those it has loaded.
CREATE FUNCTION is_timezone(p_name text)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN CASE WHEN p_name IS NOT NULL THEN timestamptz 'epoch' AT TIME ZONE p_name IS NOT NULL END;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION is_timezone(text) IS 'Whether Postgres knows a time zone of this name; null where none is given.';
