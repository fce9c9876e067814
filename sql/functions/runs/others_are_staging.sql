-- Asked twice: before the lock, so as not to take it in vain, and under it, because only then the answer stays true.
CREATE FUNCTION others_are_staging(p_run_id bigint)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM webinar_sync_queue q
        WHERE q.run_id <> p_run_id AND q.kind = 'participants'
            AND (
                q.status IN ('queued', 'leased')
                OR q.status IN ('fetched', 'sessionized', 'abandoned') AND q.list_source IS NOT NULL
            )
    )
$$;
COMMENT ON FUNCTION others_are_staging(bigint) IS 'Whether any other run has lists whose rows are staged or may be at any time.';
