-- Roles and e-mails of participants follow from these: whoever writes them makes earlier attendance worth a look.
CREATE FUNCTION note_people_change(p_webinar_ids bigint[], p_gives_roles boolean)
RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    INSERT INTO zoom_people_changes AS c (webinar_id, changed_at, roles_changed_at)
    SELECT DISTINCT w.id, clock_timestamp(), CASE WHEN p_gives_roles THEN clock_timestamp() END
    FROM unnest(p_webinar_ids) AS w (id)
    ORDER BY 1
    ON CONFLICT (webinar_id) DO UPDATE SET
        changed_at = excluded.changed_at, roles_changed_at = coalesce(excluded.roles_changed_at, c.roles_changed_at)
$$;
COMMENT ON FUNCTION note_people_change(bigint[], boolean) IS 'Note that registrants of these webinars were written just now, or, where p_gives_roles, panelists or the host.';
