-- With its owner's rights: who watches syncs may read the numbers, but not the people that they are made of.
CREATE FUNCTION instance_statistics(p_instance_id bigint)
RETURNS SETOF zoom_instance_statistics
-- Dear on purpose: the planner should ask only for the instances that are left when all filters are done.
LANGUAGE sql STABLE STRICT SECURITY DEFINER COST 100000 ROWS 1
SET search_path FROM CURRENT
AS $$
    SELECT m.* FROM measure_instances(ARRAY[p_instance_id]) m
$$;
COMMENT ON FUNCTION instance_statistics(bigint) IS 'The numbers of one instance, worked out now; the columns are explained at zoom_instance_statistics. No row for an unknown one.';
