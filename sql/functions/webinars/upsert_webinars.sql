-- A webinar is known first from a list (few fields, some cut short), then from its own page. What a list says only fills
-- holes, or each run would write the row twice, back and forth. A field that Zoom stopped giving keeps its last value.
CREATE FUNCTION upsert_webinars(p_connection_id bigint, p_rows jsonb, p_is_detail boolean)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_written integer;
    v_rehosted bigint[];
BEGIN
    WITH given AS (
        SELECT DISTINCT ON (r.zoom_webinar_id) r.*
        FROM jsonb_populate_recordset(NULL::zoom_webinars, p_rows) AS r
        ORDER BY r.zoom_webinar_id, r.start_time DESC NULLS LAST
    ),
    merged AS (
        SELECT
            g.zoom_webinar_id,
            CASE WHEN p_is_detail THEN 'synced' ELSE coalesce(w.sync_status, 'pending') END AS sync_status,
            coalesce(d.uuid, w.uuid, g.uuid) AS uuid,
            coalesce(d.host_id, w.host_id, g.host_id) AS host_id,
            coalesce(d.host_email, w.host_email, g.host_email) AS host_email,
            coalesce(d.topic, w.topic, g.topic) AS topic,
            coalesce(d.type, w.type, g.type) AS type,
            coalesce(d.start_time, w.start_time, g.start_time) AS start_time,
            coalesce(d.duration, w.duration, g.duration) AS duration,
            coalesce(d.timezone, w.timezone, g.timezone) AS timezone,
            coalesce(d.agenda, w.agenda, g.agenda) AS agenda,
            coalesce(d.zoom_created_at, w.zoom_created_at, g.zoom_created_at) AS zoom_created_at,
            coalesce(d.join_url, w.join_url, g.join_url) AS join_url,
            coalesce(d.registration_url, w.registration_url, g.registration_url) AS registration_url,
            coalesce(d.is_simulive, w.is_simulive, g.is_simulive) AS is_simulive,
            coalesce(d.is_events_webinar, w.is_events_webinar, g.is_events_webinar) AS is_events_webinar,
            coalesce(d.record_file_id, w.record_file_id, g.record_file_id) AS record_file_id,
            coalesce(d.creation_source, w.creation_source, g.creation_source) AS creation_source,
            coalesce(d.recurrence_type, w.recurrence_type, g.recurrence_type) AS recurrence_type,
            coalesce(d.recurrence_repeat_interval, w.recurrence_repeat_interval, g.recurrence_repeat_interval) AS recurrence_repeat_interval,
            coalesce(d.recurrence_weekly_days, w.recurrence_weekly_days, g.recurrence_weekly_days) AS recurrence_weekly_days,
            coalesce(d.recurrence_monthly_day, w.recurrence_monthly_day, g.recurrence_monthly_day) AS recurrence_monthly_day,
            coalesce(d.recurrence_end_times, w.recurrence_end_times, g.recurrence_end_times) AS recurrence_end_times,
            coalesce(d.recurrence_end_date_time, w.recurrence_end_date_time, g.recurrence_end_date_time) AS recurrence_end_date_time,
            coalesce(d.occurrence_count, w.occurrence_count, g.occurrence_count) AS occurrence_count,
            coalesce(d.occurrences, w.occurrences, g.occurrences) AS occurrences,
            coalesce(d.approval_type, w.approval_type, g.approval_type) AS approval_type,
            coalesce(d.registration_type, w.registration_type, g.registration_type) AS registration_type,
            coalesce(d.registrants_restrict_number, w.registrants_restrict_number, g.registrants_restrict_number) AS registrants_restrict_number,
            coalesce(d.close_registration, w.close_registration, g.close_registration) AS close_registration,
            coalesce(d.registrants_confirmation_email, w.registrants_confirmation_email, g.registrants_confirmation_email) AS registrants_confirmation_email,
            coalesce(d.registrants_email_notification, w.registrants_email_notification, g.registrants_email_notification) AS registrants_email_notification,
            coalesce(d.allow_multiple_devices, w.allow_multiple_devices, g.allow_multiple_devices) AS allow_multiple_devices,
            coalesce(d.show_share_button, w.show_share_button, g.show_share_button) AS show_share_button,
            coalesce(d.enforce_login, w.enforce_login, g.enforce_login) AS enforce_login,
            coalesce(d.meeting_authentication, w.meeting_authentication, g.meeting_authentication) AS meeting_authentication,
            coalesce(d.panelist_authentication, w.panelist_authentication, g.panelist_authentication) AS panelist_authentication,
            coalesce(d.authentication_name, w.authentication_name, g.authentication_name) AS authentication_name,
            coalesce(d.practice_session, w.practice_session, g.practice_session) AS practice_session,
            coalesce(d.hd_video, w.hd_video, g.hd_video) AS hd_video,
            coalesce(d.on_demand, w.on_demand, g.on_demand) AS on_demand,
            coalesce(d.host_video, w.host_video, g.host_video) AS host_video,
            coalesce(d.panelists_video, w.panelists_video, g.panelists_video) AS panelists_video,
            coalesce(d.audio, w.audio, g.audio) AS audio,
            coalesce(d.auto_recording, w.auto_recording, g.auto_recording) AS auto_recording,
            coalesce(d.email_language, w.email_language, g.email_language) AS email_language,
            coalesce(d.email_in_attendee_report, w.email_in_attendee_report, g.email_in_attendee_report) AS email_in_attendee_report,
            coalesce(d.contact_name, w.contact_name, g.contact_name) AS contact_name,
            coalesce(d.contact_email, w.contact_email, g.contact_email) AS contact_email,
            coalesce(d.alternative_hosts, w.alternative_hosts, g.alternative_hosts) AS alternative_hosts,
            coalesce(d.question_and_answer_enabled, w.question_and_answer_enabled, g.question_and_answer_enabled) AS question_and_answer_enabled,
            coalesce(d.allow_anonymous_questions, w.allow_anonymous_questions, g.allow_anonymous_questions) AS allow_anonymous_questions,
            coalesce(d.post_webinar_survey, w.post_webinar_survey, g.post_webinar_survey) AS post_webinar_survey,
            coalesce(d.survey_url, w.survey_url, g.survey_url) AS survey_url,
            coalesce(d.tracking_fields, w.tracking_fields, g.tracking_fields) AS tracking_fields,
            coalesce(d.other_fields, w.other_fields, g.other_fields) AS other_fields
        FROM given g
        LEFT JOIN zoom_webinars w ON w.zoom_webinar_id = g.zoom_webinar_id AND w.connection_id = p_connection_id
        -- Its own page goes before what is stored, a list comes after.
        LEFT JOIN LATERAL (SELECT g.* WHERE p_is_detail) d ON true
    ),
    written AS (
        INSERT INTO zoom_webinars AS t (
            connection_id, zoom_webinar_id, sync_status,
            uuid, host_id, host_email, topic, type, start_time, duration, timezone, agenda, zoom_created_at,
            join_url, registration_url, is_simulive, is_events_webinar, record_file_id, creation_source,
            recurrence_type, recurrence_repeat_interval, recurrence_weekly_days, recurrence_monthly_day,
            recurrence_end_times, recurrence_end_date_time, occurrence_count, occurrences, approval_type,
            registration_type, registrants_restrict_number, close_registration,
            registrants_confirmation_email, registrants_email_notification, allow_multiple_devices,
            show_share_button, enforce_login, meeting_authentication, panelist_authentication,
            authentication_name, practice_session, hd_video, on_demand, host_video, panelists_video, audio,
            auto_recording, email_language, email_in_attendee_report, contact_name, contact_email,
            alternative_hosts, question_and_answer_enabled, allow_anonymous_questions, post_webinar_survey,
            survey_url, tracking_fields, other_fields
        )
        SELECT
            p_connection_id, m.zoom_webinar_id, m.sync_status,
            m.uuid, m.host_id, m.host_email, m.topic, m.type, m.start_time, m.duration, m.timezone,
            m.agenda, m.zoom_created_at, m.join_url, m.registration_url, m.is_simulive, m.is_events_webinar,
            m.record_file_id, m.creation_source, m.recurrence_type, m.recurrence_repeat_interval,
            m.recurrence_weekly_days, m.recurrence_monthly_day, m.recurrence_end_times,
            m.recurrence_end_date_time, m.occurrence_count, m.occurrences, m.approval_type,
            m.registration_type, m.registrants_restrict_number, m.close_registration,
            m.registrants_confirmation_email, m.registrants_email_notification, m.allow_multiple_devices,
            m.show_share_button, m.enforce_login, m.meeting_authentication, m.panelist_authentication,
            m.authentication_name, m.practice_session, m.hd_video, m.on_demand, m.host_video,
            m.panelists_video, m.audio, m.auto_recording, m.email_language, m.email_in_attendee_report,
            m.contact_name, m.contact_email, m.alternative_hosts, m.question_and_answer_enabled,
            m.allow_anonymous_questions, m.post_webinar_survey, m.survey_url, m.tracking_fields,
            m.other_fields
        FROM merged m
        LEFT JOIN zoom_webinars w ON w.zoom_webinar_id = m.zoom_webinar_id AND w.connection_id = p_connection_id
        WHERE w.id IS NULL OR (
            w.sync_status,
            w.uuid, w.host_id, w.host_email, w.topic, w.type, w.start_time, w.duration, w.timezone,
            w.agenda, w.zoom_created_at, w.join_url, w.registration_url, w.is_simulive, w.is_events_webinar,
            w.record_file_id, w.creation_source, w.recurrence_type, w.recurrence_repeat_interval,
            w.recurrence_weekly_days, w.recurrence_monthly_day, w.recurrence_end_times,
            w.recurrence_end_date_time, w.occurrence_count, w.occurrences, w.approval_type,
            w.registration_type, w.registrants_restrict_number, w.close_registration,
            w.registrants_confirmation_email, w.registrants_email_notification, w.allow_multiple_devices,
            w.show_share_button, w.enforce_login, w.meeting_authentication, w.panelist_authentication,
            w.authentication_name, w.practice_session, w.hd_video, w.on_demand, w.host_video,
            w.panelists_video, w.audio, w.auto_recording, w.email_language, w.email_in_attendee_report,
            w.contact_name, w.contact_email, w.alternative_hosts, w.question_and_answer_enabled,
            w.allow_anonymous_questions, w.post_webinar_survey, w.survey_url, w.tracking_fields,
            w.other_fields
        ) IS DISTINCT FROM (
            m.sync_status,
            m.uuid, m.host_id, m.host_email, m.topic, m.type, m.start_time, m.duration, m.timezone,
            m.agenda, m.zoom_created_at, m.join_url, m.registration_url, m.is_simulive, m.is_events_webinar,
            m.record_file_id, m.creation_source, m.recurrence_type, m.recurrence_repeat_interval,
            m.recurrence_weekly_days, m.recurrence_monthly_day, m.recurrence_end_times,
            m.recurrence_end_date_time, m.occurrence_count, m.occurrences, m.approval_type,
            m.registration_type, m.registrants_restrict_number, m.close_registration,
            m.registrants_confirmation_email, m.registrants_email_notification, m.allow_multiple_devices,
            m.show_share_button, m.enforce_login, m.meeting_authentication, m.panelist_authentication,
            m.authentication_name, m.practice_session, m.hd_video, m.on_demand, m.host_video,
            m.panelists_video, m.audio, m.auto_recording, m.email_language, m.email_in_attendee_report,
            m.contact_name, m.contact_email, m.alternative_hosts, m.question_and_answer_enabled,
            m.allow_anonymous_questions, m.post_webinar_survey, m.survey_url, m.tracking_fields,
            m.other_fields
        )
        ON CONFLICT (zoom_webinar_id, connection_id) DO UPDATE SET
            updated_at = now(),
            sync_status = excluded.sync_status,
            uuid = excluded.uuid,
            host_id = excluded.host_id,
            host_email = excluded.host_email,
            topic = excluded.topic,
            type = excluded.type,
            start_time = excluded.start_time,
            duration = excluded.duration,
            timezone = excluded.timezone,
            agenda = excluded.agenda,
            zoom_created_at = excluded.zoom_created_at,
            join_url = excluded.join_url,
            registration_url = excluded.registration_url,
            is_simulive = excluded.is_simulive,
            is_events_webinar = excluded.is_events_webinar,
            record_file_id = excluded.record_file_id,
            creation_source = excluded.creation_source,
            recurrence_type = excluded.recurrence_type,
            recurrence_repeat_interval = excluded.recurrence_repeat_interval,
            recurrence_weekly_days = excluded.recurrence_weekly_days,
            recurrence_monthly_day = excluded.recurrence_monthly_day,
            recurrence_end_times = excluded.recurrence_end_times,
            recurrence_end_date_time = excluded.recurrence_end_date_time,
            occurrence_count = excluded.occurrence_count,
            occurrences = excluded.occurrences,
            approval_type = excluded.approval_type,
            registration_type = excluded.registration_type,
            registrants_restrict_number = excluded.registrants_restrict_number,
            close_registration = excluded.close_registration,
            registrants_confirmation_email = excluded.registrants_confirmation_email,
            registrants_email_notification = excluded.registrants_email_notification,
            allow_multiple_devices = excluded.allow_multiple_devices,
            show_share_button = excluded.show_share_button,
            enforce_login = excluded.enforce_login,
            meeting_authentication = excluded.meeting_authentication,
            panelist_authentication = excluded.panelist_authentication,
            authentication_name = excluded.authentication_name,
            practice_session = excluded.practice_session,
            hd_video = excluded.hd_video,
            on_demand = excluded.on_demand,
            host_video = excluded.host_video,
            panelists_video = excluded.panelists_video,
            audio = excluded.audio,
            auto_recording = excluded.auto_recording,
            email_language = excluded.email_language,
            email_in_attendee_report = excluded.email_in_attendee_report,
            contact_name = excluded.contact_name,
            contact_email = excluded.contact_email,
            alternative_hosts = excluded.alternative_hosts,
            question_and_answer_enabled = excluded.question_and_answer_enabled,
            allow_anonymous_questions = excluded.allow_anonymous_questions,
            post_webinar_survey = excluded.post_webinar_survey,
            survey_url = excluded.survey_url,
            tracking_fields = excluded.tracking_fields,
            other_fields = excluded.other_fields
        RETURNING t.id
    ),
    rehosted AS (
        SELECT w.id
        FROM merged m
        JOIN zoom_webinars w ON w.connection_id = p_connection_id AND w.zoom_webinar_id = m.zoom_webinar_id
        WHERE (w.host_id, w.host_email) IS DISTINCT FROM (m.host_id, m.host_email)
    )
    SELECT count(*), ARRAY(SELECT h.id FROM rehosted h) INTO v_written, v_rehosted FROM written w;
    PERFORM note_people_change(v_rehosted, true);
    RETURN v_written;
END
$$;
COMMENT ON FUNCTION upsert_webinars(bigint, jsonb, boolean) IS 'Store webinars from a jsonb array with the columns of zoom_webinars as keys; p_is_detail: read from the webinar''s own page, so its values win. Returns the rows written: those that are new or changed.';
