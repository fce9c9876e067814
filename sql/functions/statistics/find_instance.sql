-- Programs know instances by id, people copy Zoom's UUID.
CREATE FUNCTION find_instance(p_instance text)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT i.id
    FROM zoom_webinar_instances i
    WHERE i.id::text = p_instance OR i.uuid = p_instance
    -- Two connections to one account hold the same instance twice: the one that was known first stands for both.
    ORDER BY i.id::text = p_instance DESC, i.id
    LIMIT 1
$$;
COMMENT ON FUNCTION find_instance(text) IS 'The id of the instance with this id or Zoom UUID; null: there is none.';
