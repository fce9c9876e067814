-- Staged rows belong to a list. A dry run must tell what would go once the lists are gone, while they are still there.
CREATE FUNCTION find_kept_items(p_before timestamptz, p_dry_run boolean)
RETURNS SETOF bigint
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT q.id
    FROM webinar_sync_queue q
    JOIN sync_runs r ON r.id = q.run_id
    WHERE NOT p_dry_run OR r.finished_at IS NULL OR r.finished_at >= p_before
$$;
COMMENT ON FUNCTION find_kept_items(timestamptz, boolean) IS 'Queue items that are there; in a dry run without those that a cleanup would delete.';
