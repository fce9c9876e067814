-- Who was there, when, for how long; and how sure that is.

CREATE TABLE zoom_participants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webinar_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    participant_uuid uuid NOT NULL,
    participant_name text,
    email text,
    registrant_id text,
    participant_user_id text,
    role text NOT NULL,
    matched_by text NOT NULL,
    session_count integer NOT NULL,
    total_duration bigint NOT NULL,
    attended_seconds bigint NOT NULL,
    first_join_time timestamptz,
    last_leave_time timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_per_person UNIQUE (instance_id, participant_uuid),
    CONSTRAINT instance_exists FOREIGN KEY (instance_id, webinar_id) REFERENCES zoom_webinar_instances (id, webinar_id),
    CONSTRAINT role_is_known CHECK (role IN ('host', 'panelist', 'attendee')),
    CONSTRAINT matched_by_is_known
        CHECK (matched_by IN ('registrant_id', 'email', 'participant_user_id', 'name', 'unmatched')),
    CONSTRAINT counts_are_not_negative CHECK (session_count >= 0 AND total_duration >= 0 AND attended_seconds >= 0)
);
CREATE INDEX idx_zoom_participants_webinar_id ON zoom_participants (webinar_id);
COMMENT ON TABLE zoom_participants IS 'One row per person in one instance.';
COMMENT ON COLUMN zoom_participants.participant_uuid IS 'rollcall''s own id of the person in this instance, made from the person''s first session: the same data give the same id.';
COMMENT ON COLUMN zoom_participants.email IS 'The e-mail of the sessions, as last seen; where they have none, the registrant''s.';
COMMENT ON COLUMN zoom_participants.role IS 'host (the webinar''s host), panelist (e-mail in the panelist list) or attendee.';
COMMENT ON COLUMN zoom_participants.matched_by IS 'Strongest key that the person''s sessions carry: registrant_id, email, participant_user_id; name where only the name ties them (a weak match); unmatched where nothing does and the session stands alone.';
COMMENT ON COLUMN zoom_participants.session_count IS 'Sessions that count: not in the waiting room, not superseded. 0: never let in.';
COMMENT ON COLUMN zoom_participants.total_duration IS 'Seconds, summed over the sessions that count: two devices at once count twice.';
COMMENT ON COLUMN zoom_participants.attended_seconds IS 'Seconds covered by at least one session: two devices at once count once. A session without a usable leave time lasts its duration.';

CREATE TABLE zoom_participant_sessions (
    participant_id bigint NOT NULL REFERENCES zoom_participants (id),
    session_id uuid NOT NULL,
    webinar_id bigint NOT NULL,
    instance_id bigint NOT NULL,
    join_time timestamptz,
    leave_time timestamptz,
    duration integer,
    status text,
    user_id text,
    participant_user_id text,
    registrant_id text,
    customer_key text,
    name text,
    email text,
    failover boolean,
    internal_user boolean,
    bo_mtg_id text,
    other_fields jsonb,
    marks text[],
    attendance_source text NOT NULL,
    superseded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (participant_id, session_id),
    CONSTRAINT one_row_per_session UNIQUE (instance_id, session_id),
    CONSTRAINT attendance_source_is_known CHECK (attendance_source IN ('report', 'past_webinars'))
);
CREATE INDEX idx_zoom_participant_sessions_webinar_id ON zoom_participant_sessions (webinar_id);
COMMENT ON TABLE zoom_participant_sessions IS 'One row per join-to-leave row that Zoom served. Every one is kept; `marks` says what is odd about it.';
COMMENT ON COLUMN zoom_participant_sessions.session_id IS 'Made from the row''s own content (who joined, when), so that the same row on two pages or in two runs is one session.';
COMMENT ON COLUMN zoom_participant_sessions.duration IS 'Seconds, as Zoom states them.';
COMMENT ON COLUMN zoom_participant_sessions.status IS 'in_meeting or in_waiting_room; waiting-room rows count for nothing.';
COMMENT ON COLUMN zoom_participant_sessions.user_id IS 'Zoom''s id of this join; a rejoin gets another one, so it never links sessions.';
COMMENT ON COLUMN zoom_participant_sessions.marks IS 'What is odd: join_missing, join_unreadable, leave_missing, leave_unreadable, leave_before_join, zero_length, duration_unreadable, text_mended.';
COMMENT ON COLUMN zoom_participant_sessions.superseded_at IS 'Set when the instance was read again from the better endpoint and this row of the weaker one was not in it: kept, counts for nothing.';

CREATE TABLE zoom_instance_reads (
    instance_id bigint PRIMARY KEY REFERENCES zoom_webinar_instances (id),
    sync_status text NOT NULL,
    attendance_source text NOT NULL,
    rows_read integer NOT NULL,
    rows_distinct integer NOT NULL,
    total_records integer,
    digest bigint NOT NULL,
    reads integer NOT NULL DEFAULT 1,
    agreeing_reads integer NOT NULL DEFAULT 1,
    last_read_at timestamptz NOT NULL DEFAULT now(),
    last_run_id bigint,
    CONSTRAINT sync_status_is_known CHECK (sync_status IN ('complete', 'provisional'))
);
COMMENT ON TABLE zoom_instance_reads IS 'What the last read of each instance found, and how far it can be trusted: our bookkeeping, apart from the attendance itself.';
COMMENT ON COLUMN zoom_instance_reads.sync_status IS 'provisional: fewer rows than the source''s total_records, or a duration of 0, and not yet two reads in a row that agree; deltas read it again. complete: otherwise.';
COMMENT ON COLUMN zoom_instance_reads.digest IS 'Of the distinct rows of the last read: two reads agree when it is the same.';

CREATE TABLE zoom_instance_reconciliation (
    instance_id bigint NOT NULL REFERENCES zoom_webinar_instances (id),
    measure text NOT NULL,
    ours bigint,
    theirs bigint,
    difference bigint GENERATED ALWAYS AS (ours - theirs) STORED,
    verdict text NOT NULL,
    meaning text NOT NULL,
    run_id bigint,
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (instance_id, measure),
    CONSTRAINT measure_is_known CHECK (measure IN ('rows', 'people', 'unique_viewers', 'minutes')),
    CONSTRAINT verdict_is_known CHECK (verdict IN ('agrees', 'explained', 'differs', 'not_stated'))
);
COMMENT ON TABLE zoom_instance_reconciliation IS 'Our numbers beside the source''s own, per instance, and what each difference means.';
COMMENT ON COLUMN zoom_instance_reconciliation.verdict IS 'agrees; explained (they count differently, as `meaning` says, and the difference is of that kind); differs (worth a look); not_stated (the source gives no number).';
