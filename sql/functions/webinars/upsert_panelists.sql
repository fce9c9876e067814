-- Panelists give participants their role; one who was taken off the list was one all the same.
CREATE FUNCTION upsert_panelists(p_webinar_id bigint, p_rows jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_written integer;
BEGIN
    WITH given AS (
        SELECT DISTINCT ON (r.panelist_id) r.*
        FROM jsonb_populate_recordset(NULL::zoom_panelists, p_rows) AS r
        ORDER BY r.panelist_id, r.email
    ),
    written AS (
        INSERT INTO zoom_panelists AS t (
            connection_id, webinar_id, panelist_id,
            email, name
        )
        SELECT
            w.connection_id, w.id, g.panelist_id,
            coalesce(g.email, t.email), coalesce(g.name, t.name)
        FROM given g
        JOIN zoom_webinars w ON w.id = p_webinar_id
        LEFT JOIN zoom_panelists t ON t.webinar_id = w.id AND t.panelist_id = g.panelist_id
        WHERE t.id IS NULL OR (
            t.email, t.name
        ) IS DISTINCT FROM (
            coalesce(g.email, t.email), coalesce(g.name, t.name)
        )
        ON CONFLICT (webinar_id, panelist_id) DO UPDATE SET
            updated_at = now(),
            email = excluded.email,
            name = excluded.name
        RETURNING 1
    )
    SELECT count(*) INTO v_written FROM written;
    IF v_written > 0 THEN
        -- Who updated people has these locked already, by forget_people_pages(). Who only brought some would ask for them after
        -- the note, the other way round, and two workers at lists of one webinar would wait for each other.
        PERFORM lock_people_reads(ARRAY[p_webinar_id], 'panelists');
        PERFORM note_people_change(ARRAY[p_webinar_id], true);
    END IF;
    RETURN v_written;
END
$$;
COMMENT ON FUNCTION upsert_panelists(bigint, jsonb) IS 'Store panelists of a webinar from a jsonb array with the columns of zoom_panelists as keys. Returns the rows written: those that are new or changed.';
