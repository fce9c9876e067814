-- Roles and e-mails of participants come from the webinar's host, panelists and registrants. Instances that the run has yet to
-- read or to work through are left to that: one in two items would be written by both.
CREATE FUNCTION find_older_matches(p_run_id bigint)
RETURNS TABLE (instance_id bigint, is_concerned boolean)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH older AS MATERIALIZED (
        SELECT
            i.id, i.webinar_id, r.people_matched_at,
            greatest(i.updated_at, c.roles_changed_at) > r.people_matched_at AS concerns_all
        FROM sync_runs run
        JOIN zoom_webinar_instances i ON i.connection_id = run.connection_id
        JOIN zoom_instance_reads r ON r.instance_id = i.id
        LEFT JOIN zoom_people_changes c ON c.webinar_id = i.webinar_id
        WHERE run.id = p_run_id AND i.attendance_source IS NOT NULL
            AND greatest(i.updated_at, c.changed_at) > r.people_matched_at
            AND NOT EXISTS (
                SELECT FROM webinar_sync_queue q
                WHERE q.run_id = p_run_id AND q.instance_id = i.id AND q.status NOT IN ('done', 'gap')
            )
    ),
    -- A registrant concerns the instances that he came to.
    attended AS (
        SELECT DISTINCT o.id
        FROM older o
        JOIN zoom_participants p ON p.instance_id = o.id
        JOIN zoom_registrants g ON g.webinar_id = o.webinar_id AND g.registrant_id = p.registrant_id
        WHERE NOT o.concerns_all AND g.updated_at > o.people_matched_at
    )
    SELECT o.id, o.concerns_all OR o.id IN (SELECT a.id FROM attended a) FROM older o
$$;
COMMENT ON FUNCTION find_older_matches(bigint) IS 'Instances of the run''s connection that were matched with the host, panelists and registrants of their webinar before some of these were written. is_concerned: the host or a panelist was, or a registrant who came.';
