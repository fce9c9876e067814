-- Asked by priority, as the index of what is to be fetched is: all attendance that still waits comes behind these few.
CREATE FUNCTION people_are_awaited(p_run_id bigint, p_webinar_id bigint)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id AND q.priority < 2 AND q.status IN ('queued', 'leased') AND q.webinar_id = p_webinar_id
    )
$$;
COMMENT ON FUNCTION people_are_awaited(bigint, bigint) IS 'Whether a run has yet to read the settings, registrants or panelists of a webinar.';
