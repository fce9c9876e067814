-- Roles, names and e-mails of participants follow from these lists: whoever writes them makes earlier attendance worth a look.
CREATE FUNCTION note_people_change(p_webinar_ids bigint[])
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO zoom_people_changes (webinar_id, changed_at)
    SELECT DISTINCT w.id, clock_timestamp()
    FROM unnest(p_webinar_ids) AS w (id)
    ORDER BY 1
    ON CONFLICT (webinar_id) DO UPDATE SET changed_at = excluded.changed_at
$$;
COMMENT ON FUNCTION note_people_change(bigint[]) IS 'Note that registrants, panelists, host or instances of these webinars were written just now.';
