-- A registrant who moves from pending to approved is the same row; one whom Zoom no longer lists stays.
CREATE FUNCTION upsert_registrants(p_webinar_id bigint, p_rows jsonb)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_written integer;
BEGIN
    WITH given AS (
        SELECT DISTINCT ON (r.registrant_id) r.*
        FROM jsonb_populate_recordset(NULL::zoom_registrants, p_rows) AS r
        ORDER BY r.registrant_id, r.registered_at DESC NULLS LAST
    ),
    written AS (
        INSERT INTO zoom_registrants AS t (
            connection_id, webinar_id, registrant_id,
            email, first_name, last_name, status, registered_at, org, job_title, industry, phone, address,
            city, state, zip, country, no_of_employees, purchasing_time_frame, role_in_purchase_process,
            comments, custom_questions
        )
        SELECT
            w.connection_id, w.id, g.registrant_id,
            coalesce(g.email, t.email), coalesce(g.first_name, t.first_name), coalesce(g.last_name,
            t.last_name), coalesce(g.status, t.status), coalesce(g.registered_at, t.registered_at),
            coalesce(g.org, t.org), coalesce(g.job_title, t.job_title), coalesce(g.industry, t.industry),
            coalesce(g.phone, t.phone), coalesce(g.address, t.address), coalesce(g.city, t.city),
            coalesce(g.state, t.state), coalesce(g.zip, t.zip), coalesce(g.country, t.country),
            coalesce(g.no_of_employees, t.no_of_employees), coalesce(g.purchasing_time_frame,
            t.purchasing_time_frame), coalesce(g.role_in_purchase_process, t.role_in_purchase_process),
            coalesce(g.comments, t.comments), coalesce(g.custom_questions, t.custom_questions)
        FROM given g
        JOIN zoom_webinars w ON w.id = p_webinar_id
        LEFT JOIN zoom_registrants t ON t.webinar_id = w.id AND t.registrant_id = g.registrant_id
        WHERE t.id IS NULL OR (
            t.email, t.first_name, t.last_name, t.status, t.registered_at, t.org, t.job_title, t.industry,
            t.phone, t.address, t.city, t.state, t.zip, t.country, t.no_of_employees,
            t.purchasing_time_frame, t.role_in_purchase_process, t.comments, t.custom_questions
        ) IS DISTINCT FROM (
            coalesce(g.email, t.email), coalesce(g.first_name, t.first_name), coalesce(g.last_name,
            t.last_name), coalesce(g.status, t.status), coalesce(g.registered_at, t.registered_at),
            coalesce(g.org, t.org), coalesce(g.job_title, t.job_title), coalesce(g.industry, t.industry),
            coalesce(g.phone, t.phone), coalesce(g.address, t.address), coalesce(g.city, t.city),
            coalesce(g.state, t.state), coalesce(g.zip, t.zip), coalesce(g.country, t.country),
            coalesce(g.no_of_employees, t.no_of_employees), coalesce(g.purchasing_time_frame,
            t.purchasing_time_frame), coalesce(g.role_in_purchase_process, t.role_in_purchase_process),
            coalesce(g.comments, t.comments), coalesce(g.custom_questions, t.custom_questions)
        )
        ON CONFLICT (webinar_id, registrant_id) DO UPDATE SET
            updated_at = now(),
            email = excluded.email,
            first_name = excluded.first_name,
            last_name = excluded.last_name,
            status = excluded.status,
            registered_at = excluded.registered_at,
            org = excluded.org,
            job_title = excluded.job_title,
            industry = excluded.industry,
            phone = excluded.phone,
            address = excluded.address,
            city = excluded.city,
            state = excluded.state,
            zip = excluded.zip,
            country = excluded.country,
            no_of_employees = excluded.no_of_employees,
            purchasing_time_frame = excluded.purchasing_time_frame,
            role_in_purchase_process = excluded.role_in_purchase_process,
            comments = excluded.comments,
            custom_questions = excluded.custom_questions
        RETURNING 1
    )
    SELECT count(*) INTO v_written FROM written;
    IF v_written > 0 THEN
        -- Who updated people has these locked already, by forget_people_pages(). Who only brought some would ask for them after
        -- the note, the other way round, and two workers at lists of one webinar would wait for each other.
        PERFORM lock_people_reads(ARRAY[p_webinar_id], 'registrants');
        PERFORM note_people_change(ARRAY[p_webinar_id], false);
        PERFORM drop_statistics(
            w.connection_id, ARRAY[w.id], ARRAY(SELECT i.id FROM zoom_webinar_instances i WHERE i.webinar_id = w.id)
        )
        FROM zoom_webinars w
        WHERE w.id = p_webinar_id;
    END IF;
    RETURN v_written;
END
$$;
COMMENT ON FUNCTION upsert_registrants(bigint, jsonb) IS 'Store registrants of a webinar from a jsonb array with the columns of zoom_registrants as keys. Returns the rows written: those that are new or changed.';
