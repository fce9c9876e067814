-- Kept apart from zoom_webinars, so that reading a webinar without news writes no row of it.
CREATE FUNCTION note_webinar_read(p_webinar_id bigint)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO zoom_webinar_reads (webinar_id, read_at) VALUES (p_webinar_id, now())
    ON CONFLICT (webinar_id) DO UPDATE SET read_at = excluded.read_at
$$;
COMMENT ON FUNCTION note_webinar_read(bigint) IS 'Note that a webinar''s settings were read just now.';
