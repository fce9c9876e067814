-- What was planned and what ran: webinars, their past instances, registrants, panelists.

CREATE TABLE zoom_webinars (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    zoom_webinar_id bigint NOT NULL,
    uuid text,
    host_id text,
    host_email text,
    topic text,
    type integer,
    start_time timestamptz,
    duration integer,
    timezone text,
    agenda text,
    zoom_created_at timestamptz,
    join_url text,
    registration_url text,
    is_simulive boolean,
    is_events_webinar boolean,
    record_file_id text,
    creation_source text,
    recurrence_type integer,
    recurrence_repeat_interval integer,
    recurrence_weekly_days text,
    recurrence_monthly_day integer,
    recurrence_end_times integer,
    recurrence_end_date_time timestamptz,
    occurrence_count integer,
    occurrences jsonb,
    approval_type integer,
    registration_type integer,
    registrants_restrict_number integer,
    close_registration boolean,
    registrants_confirmation_email boolean,
    registrants_email_notification boolean,
    allow_multiple_devices boolean,
    show_share_button boolean,
    enforce_login boolean,
    meeting_authentication boolean,
    panelist_authentication boolean,
    authentication_name text,
    practice_session boolean,
    hd_video boolean,
    on_demand boolean,
    host_video boolean,
    panelists_video boolean,
    audio text,
    auto_recording text,
    email_language text,
    email_in_attendee_report boolean,
    contact_name text,
    contact_email text,
    alternative_hosts text,
    question_and_answer_enabled boolean,
    allow_anonymous_questions boolean,
    post_webinar_survey boolean,
    survey_url text,
    tracking_fields jsonb,
    other_fields jsonb,
    sync_status text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_per_webinar UNIQUE (zoom_webinar_id, connection_id),
    CONSTRAINT webinar_id_is_positive CHECK (zoom_webinar_id > 0),
    CONSTRAINT sync_status_is_known CHECK (sync_status IN ('pending', 'synced', 'gone'))
);
CREATE INDEX zoom_webinars_by_connection ON zoom_webinars (connection_id);
COMMENT ON TABLE zoom_webinars IS 'One row per webinar: the numeric, reused id and its settings. Attendance hangs on its instances. Never deleted, also when Zoom no longer serves it.';
COMMENT ON COLUMN zoom_webinars.type IS '5 one webinar, 6 recurring without fixed times, 9 recurring at fixed times.';
COMMENT ON COLUMN zoom_webinars.duration IS 'Planned length in minutes.';
COMMENT ON COLUMN zoom_webinars.approval_type IS '0 registration approved at once, 1 approved by hand, 2 no registration: attendees can''t be tied to a registrant.';
COMMENT ON COLUMN zoom_webinars.registration_type IS '1 once for the series, 2 for each occurrence, 3 for chosen occurrences.';
COMMENT ON COLUMN zoom_webinars.allow_multiple_devices IS 'True: expect people with overlapping sessions.';
COMMENT ON COLUMN zoom_webinars.other_fields IS 'What the API gave beyond the columns; links and passwords that open the webinar are never stored.';
COMMENT ON COLUMN zoom_webinars.sync_status IS 'pending: known by its id only; synced: its settings were read; gone: its id expired at the source before or after that.';

CREATE TABLE zoom_webinar_instances (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    webinar_id bigint NOT NULL REFERENCES zoom_webinars (id),
    uuid text NOT NULL,
    topic text,
    host_email text,
    start_time timestamptz,
    end_time timestamptz,
    duration_minutes integer,
    participants_count integer,
    unique_viewers integer,
    max_concurrent_views integer,
    total_minutes integer,
    attendance_source text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_per_instance UNIQUE (connection_id, uuid),
    CONSTRAINT id_with_webinar UNIQUE (id, webinar_id),
    CONSTRAINT attendance_source_is_known CHECK (attendance_source IN ('report', 'past_webinars'))
);
CREATE INDEX zoom_webinar_instances_by_webinar ON zoom_webinar_instances (webinar_id, start_time);
CREATE INDEX zoom_webinar_instances_by_end ON zoom_webinar_instances (connection_id, end_time);
COMMENT ON TABLE zoom_webinar_instances IS 'One row per time a webinar ran, by UUID. A restart is a new instance under the same webinar.';
COMMENT ON COLUMN zoom_webinar_instances.participants_count IS 'Zoom''s own participants_count (or participants, in the account history).';
COMMENT ON COLUMN zoom_webinar_instances.unique_viewers IS 'Zoom''s own count of people who watched on a computer, without panelists; only the account history has it.';
COMMENT ON COLUMN zoom_webinar_instances.total_minutes IS 'Zoom''s own sum of minutes over participants, the host included.';
COMMENT ON COLUMN zoom_webinar_instances.attendance_source IS 'Where its attendance came from: report (report/webinars/…/participants) or past_webinars (the fallback). Never both.';

CREATE TABLE zoom_registrants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    webinar_id bigint NOT NULL REFERENCES zoom_webinars (id),
    registrant_id text NOT NULL,
    email text,
    first_name text,
    last_name text,
    status text NOT NULL,
    registered_at timestamptz,
    org text,
    job_title text,
    industry text,
    phone text,
    address text,
    city text,
    state text,
    zip text,
    country text,
    no_of_employees text,
    purchasing_time_frame text,
    role_in_purchase_process text,
    comments text,
    custom_questions jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_per_registrant UNIQUE (webinar_id, registrant_id),
    CONSTRAINT status_is_known CHECK (status IN ('approved', 'pending', 'denied'))
);
COMMENT ON TABLE zoom_registrants IS 'People who registered, in all three statuses, read while the webinar''s id is alive. Their personal join links are not stored.';
COMMENT ON COLUMN zoom_registrants.registrant_id IS 'Zoom''s id; the same as registrant_id of a participant row.';

CREATE TABLE zoom_panelists (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    webinar_id bigint NOT NULL REFERENCES zoom_webinars (id),
    panelist_id text NOT NULL,
    email text,
    name text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_per_panelist UNIQUE (webinar_id, panelist_id)
);
COMMENT ON TABLE zoom_panelists IS 'Panelists of a webinar; a participant with the e-mail of one has the role panelist.';

CREATE TABLE zoom_webinar_reads (
    webinar_id bigint PRIMARY KEY REFERENCES zoom_webinars (id),
    read_at timestamptz NOT NULL
);
COMMENT ON TABLE zoom_webinar_reads IS 'When a webinar''s settings were last read: our bookkeeping, apart from what Zoom says, so that a run without news writes no webinar row.';
