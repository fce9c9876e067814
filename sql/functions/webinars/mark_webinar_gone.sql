-- An expired id is what happens to every webinar in time; its rows stay as they were. Lists of it that failed before can't be had
-- any more.
CREATE FUNCTION mark_webinar_gone(p_webinar_id bigint)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    UPDATE zoom_webinars SET sync_status = 'gone', updated_at = now()
    WHERE id = p_webinar_id AND sync_status <> 'gone';
    UPDATE sync_gaps g SET is_expected = true, recheck_at = NULL
    FROM zoom_webinars w
    WHERE w.id = p_webinar_id AND g.source = 'zoom' AND g.connection_id = w.connection_id
        AND g.object_kind IN ('registrants', 'panelists', 'instances')
        AND split_part(g.object_key, ' ', 1) = w.zoom_webinar_id::text AND g.closed_at IS NULL
$$;
COMMENT ON FUNCTION mark_webinar_gone(bigint) IS 'Note that Zoom no longer serves a webinar''s id: nobody need mend the gaps of its lists.';
