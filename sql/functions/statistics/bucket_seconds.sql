-- A bucket of nothing would never end, and one of a month has no fixed length.
CREATE FUNCTION bucket_seconds(p_bucket interval, p_span interval)
RETURNS double precision
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_seconds double precision := extract(epoch FROM p_bucket);
BEGIN
    IF v_seconds IS NULL OR v_seconds <= 0 OR v_seconds > 86400 THEN
        RAISE EXCEPTION 'p_bucket is %, but a bucket is longer than nothing and at most a day', coalesce(p_bucket::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass an interval like ''1 minute''.';
    END IF;
    IF extract(epoch FROM p_span) / v_seconds > 100000 THEN
        RAISE EXCEPTION 'Buckets of % over % would be more than 100000 rows', p_bucket, p_span
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass a longer p_bucket, like ''1 minute''.';
    END IF;
    RETURN v_seconds;
END
$$;
COMMENT ON FUNCTION bucket_seconds(interval, interval) IS 'The length of a bucket in seconds. Raises invalid_parameter_value, with a hint, where it is not above 0 and up to a day, or where p_span would need more than 100,000 of them.';
