-- Rollups of attendance, kept by the run itself.

CREATE TABLE zoom_instance_statistics (
    instance_id bigint PRIMARY KEY REFERENCES zoom_webinar_instances (id),
    webinar_id bigint NOT NULL,
    began_at timestamptz,
    ended_at timestamptz,
    registrants integer NOT NULL,
    registrants_pending integer NOT NULL,
    registrants_denied integer NOT NULL,
    registrants_attended integer NOT NULL,
    attendees integer NOT NULL,
    attended_seconds bigint NOT NULL,
    median_attended_seconds double precision,
    rejoiners integer NOT NULL,
    rejoins integer NOT NULL,
    peak_concurrency integer NOT NULL,
    peak_at timestamptz,
    stayed_to_end integer NOT NULL,
    hosts integer NOT NULL,
    panelists integer NOT NULL,
    never_let_in integer NOT NULL,
    sessions integer NOT NULL
);
COMMENT ON TABLE zoom_instance_statistics IS 'Attendance of an instance in numbers, as the function instance_statistics works them out. A row that is missing means: compute; the views do. Only functions write here.';
COMMENT ON COLUMN zoom_instance_statistics.began_at IS 'The instance''s start_time; where there is none, the first join.';
COMMENT ON COLUMN zoom_instance_statistics.ended_at IS 'The instance''s end_time; else its start and duration; else the last leave.';
COMMENT ON COLUMN zoom_instance_statistics.registrants IS 'Approved registrants of the webinar. Registration may be for the whole series: every instance of a webinar has the same number.';
COMMENT ON COLUMN zoom_instance_statistics.registrants_attended IS 'Approved registrants for whom somebody was let in, in whatever role, with their registrant_id or e-mail (in lower case).';
COMMENT ON COLUMN zoom_instance_statistics.attendees IS 'People with the role attendee who were let in (session_count > 0).';
COMMENT ON COLUMN zoom_instance_statistics.attended_seconds IS 'Sum of attended_seconds over the attendees: two devices at once count once.';
COMMENT ON COLUMN zoom_instance_statistics.median_attended_seconds IS 'Median of attended_seconds over the attendees; null without any.';
COMMENT ON COLUMN zoom_instance_statistics.rejoiners IS 'Attendees who were away in between: no session of theirs for a while, then another. A second device at the same time is no rejoin, nor is one that begins in the second in which the other ends.';
COMMENT ON COLUMN zoom_instance_statistics.rejoins IS 'How often attendees came back after they had been away.';
COMMENT ON COLUMN zoom_instance_statistics.peak_concurrency IS 'Most attendees present at one moment. Each counts once, however many devices; who joins in the second in which another leaves does not meet them; a session of no length adds nobody.';
COMMENT ON COLUMN zoom_instance_statistics.peak_at IS 'The first moment at which so many were present.';
COMMENT ON COLUMN zoom_instance_statistics.stayed_to_end IS 'Attendees whose last leave is at most five minutes before ended_at.';
COMMENT ON COLUMN zoom_instance_statistics.never_let_in IS 'People of whom only waiting-room or superseded sessions are known: they count nowhere else.';
COMMENT ON COLUMN zoom_instance_statistics.sessions IS 'Sessions that count (not in the waiting room, not superseded), of everybody, host and panelists included.';

CREATE TABLE zoom_webinar_statistics (
    webinar_id bigint PRIMARY KEY REFERENCES zoom_webinars (id),
    registrants integer NOT NULL,
    registrants_pending integer NOT NULL,
    registrants_denied integer NOT NULL,
    registrants_attended integer NOT NULL,
    attendees integer NOT NULL,
    attendances integer NOT NULL,
    attended_seconds bigint NOT NULL,
    median_attended_seconds double precision,
    rejoiners integer NOT NULL,
    rejoins integer NOT NULL,
    peak_concurrency integer NOT NULL,
    peak_at timestamptz,
    stayed_to_end integer NOT NULL,
    hosts integer NOT NULL,
    panelists integer NOT NULL,
    never_let_in integer NOT NULL,
    sessions bigint NOT NULL
);
COMMENT ON TABLE zoom_webinar_statistics IS 'Attendance of a webinar in numbers over all its instances, as the function webinar_statistics works them out. A row that is missing means: compute; the views do. Only functions write here.';
COMMENT ON COLUMN zoom_webinar_statistics.registrants_attended IS 'Approved registrants who came to at least one instance.';
COMMENT ON COLUMN zoom_webinar_statistics.attendees IS 'Distinct attendees who were let in: who came to three instances counts once. Over instances, people are the same when they share a registrant_id, an e-mail (in lower case) or a participant_user_id, and so on along the chain; a person without any of them counts once an instance.';
COMMENT ON COLUMN zoom_webinar_statistics.attendances IS 'Sum of attendees over the instances: who came to three counts three times.';
COMMENT ON COLUMN zoom_webinar_statistics.attended_seconds IS 'Sum over the attendances.';
COMMENT ON COLUMN zoom_webinar_statistics.median_attended_seconds IS 'Median over the attendances, one value for a person and instance.';
COMMENT ON COLUMN zoom_webinar_statistics.rejoiners IS 'Attendances with a rejoin: sum over the instances.';
COMMENT ON COLUMN zoom_webinar_statistics.peak_concurrency IS 'The highest peak of any instance.';
COMMENT ON COLUMN zoom_webinar_statistics.stayed_to_end IS 'Attendances that lasted to the end: sum over the instances.';
COMMENT ON COLUMN zoom_webinar_statistics.hosts IS 'Distinct people let in with the role host.';
COMMENT ON COLUMN zoom_webinar_statistics.panelists IS 'Distinct people let in with the role panelist.';
COMMENT ON COLUMN zoom_webinar_statistics.never_let_in IS 'Sum over the instances.';
