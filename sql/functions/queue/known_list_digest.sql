-- What a list must be like to be known already. Nothing is known while the webinar's own lists are still being read in this run.
CREATE FUNCTION known_list_digest(p_run_id bigint, p_webinar_id bigint, p_instance_id bigint)
RETURNS bytea
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT r.list_digest
    FROM zoom_instance_reads r
    LEFT JOIN zoom_people_changes c ON c.webinar_id = p_webinar_id
    WHERE r.instance_id = p_instance_id
        AND r.last_read_at > coalesce(c.changed_at, '-infinity')
        AND NOT EXISTS (
            SELECT FROM webinar_sync_queue q
            WHERE q.run_id = p_run_id AND q.kind IN ('webinar', 'registrants', 'panelists') AND q.webinar_id = p_webinar_id
                AND q.status IN ('queued', 'leased')
        )
$$;
COMMENT ON FUNCTION known_list_digest(bigint, bigint, bigint) IS 'Digest of the list that was stored last for an instance, where the same list would change nothing; null where it might.';
