-- An expired id is what happens to every webinar in time; its rows stay as they were.
CREATE FUNCTION mark_webinar_gone(p_webinar_id bigint)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    UPDATE zoom_webinars SET sync_status = 'gone', updated_at = now()
    WHERE id = p_webinar_id AND sync_status <> 'gone'
$$;
COMMENT ON FUNCTION mark_webinar_gone(bigint) IS 'Note that Zoom no longer serves a webinar''s id.';
