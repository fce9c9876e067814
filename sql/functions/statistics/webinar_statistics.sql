-- With its owner's rights: who watches syncs may read the numbers, but not the people that they are made of.
CREATE FUNCTION webinar_statistics(p_webinar_id bigint)
RETURNS SETOF zoom_webinar_statistics
-- Dear on purpose: the planner should ask only for the webinars that are left when all filters are done.
LANGUAGE sql STABLE STRICT SECURITY DEFINER COST 100000 ROWS 1
SET search_path FROM CURRENT
AS $$
    SELECT m.* FROM measure_webinars(ARRAY[p_webinar_id]) m
$$;
COMMENT ON FUNCTION webinar_statistics(bigint) IS 'The numbers of one webinar over all its instances, worked out now; the columns are explained at zoom_webinar_statistics. No row for an unknown one.';
