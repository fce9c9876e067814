-- How much of everything, and a choice that is the same in every run. `bench.scale` is 1 for years of data.

CREATE TEMPORARY TABLE size AS
SELECT
    greatest(28, 600 * s)::integer AS webinars,
    greatest(60, 3000 * s)::integer AS instances,
    (1000000 * s)::integer AS participants,
    (300000 * s)::integer AS registrants,
    greatest(100, 10000 * s)::integer AS runs,
    100 AS progress_rows_a_run,
    greatest(20, 2000 * s)::integer AS runs_with_queue,
    100 AS items_a_run
FROM (SELECT current_setting('bench.scale')::numeric AS s) given;

CREATE FUNCTION pg_temp.pick(p_of bigint, p_salt bigint, p_below bigint)
RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN abs(hashint8extended(p_of, p_salt) % p_below)::integer;
