-- Rules that a webinar's row is judged by, and what they found.

CREATE TABLE webinar_validation_rules (
    rule_name text PRIMARY KEY,
    severity text NOT NULL,
    message text NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT severity_is_known CHECK (severity IN ('warning', 'error')),
    CONSTRAINT rules_say_something CHECK (message <> '')
);
COMMENT ON TABLE webinar_validation_rules IS 'What a webinar''s row is judged by. Severity, message and is_enabled are a DBA''s to change: new and changed webinars are judged by them at once, stored ones by validate_webinar_data.';
COMMENT ON COLUMN webinar_validation_rules.rule_name IS 'The condition of this name in the function judge_webinar; a name without one finds nothing.';
COMMENT ON COLUMN webinar_validation_rules.severity IS 'error: numbers about the webinar will be missing or wrong; warning: odd, worth a look at Zoom.';
COMMENT ON COLUMN webinar_validation_rules.message IS 'What stands in validation_errors where the rule is broken: what is wrong and what to do.';
COMMENT ON COLUMN webinar_validation_rules.is_enabled IS 'False: the rule is not applied.';

INSERT INTO webinar_validation_rules (rule_name, severity, message) VALUES
    ('topic_missing', 'warning', 'It has no topic: reports show only its number. Name it at Zoom.'),
    ('host_missing', 'error', 'It has neither a host id nor a host''s e-mail: its host is counted as an attendee.'),
    ('type_unknown', 'error', 'Its type is none of a webinar''s (5, 6, 9): it may be a meeting, whose attendance rollcall does not read.'),
    ('start_time_missing', 'error', 'It is planned for a fixed time (type 5 or 9) and has none: it is found in no window of dates.'),
    ('start_time_absurd', 'error', 'It starts before 2011, when there was no Zoom, or in 2100 or later: correct the date at Zoom.'),
    ('duration_missing', 'warning', 'It is planned for a fixed time (type 5 or 9) and has no length: shares of the planned time can''t be told.'),
    ('duration_not_positive', 'error', 'Its planned length is zero or less: shares of the planned time can''t be told.'),
    ('duration_too_long', 'warning', 'It is planned for more than 24 hours (1,440 minutes): look whether somebody mistook the unit.'),
    ('timezone_unknown', 'warning', 'Its time zone is no name that Postgres knows: local times can''t be shown.'),
    ('recurrence_missing', 'warning', 'It recurs at fixed times (type 9) and has neither a recurrence nor an occurrence: its planned dates are not known.'),
    ('recurrence_unexpected', 'warning', 'It takes place once (type 5) and has a recurrence or several occurrences: it may have been a series before.'),
    ('occurrence_count_differs', 'warning', 'The number of its occurrences is not that of the occurrences stored: read the webinar again.'),
    ('registration_contradicts', 'warning', 'Registration is off (approval_type 2), yet there is a link to register: it may be left from before. Attendees can''t be tied to registrants.'),
    ('approval_type_unknown', 'warning', 'Its approval_type is none of 0, 1, 2: whether it has registrants can''t be told.');

ALTER TABLE zoom_webinars
    ADD COLUMN validation_status text NOT NULL DEFAULT 'pending'
        CONSTRAINT validation_status_is_known CHECK (validation_status IN ('pending', 'valid', 'warning', 'error')),
    ADD COLUMN validation_errors jsonb
        CONSTRAINT validation_errors_are_a_list CHECK (jsonb_typeof(validation_errors) = 'array');
COMMENT ON COLUMN zoom_webinars.validation_status IS 'pending (not judged yet: its settings were not read, or it was stored before there were rules and not written since; validate_webinar_data judges those), valid, warning or error (the worst of validation_errors). It marks: no row is refused for it.';
COMMENT ON COLUMN zoom_webinars.validation_errors IS 'Array of {rule, severity, message}, one for each broken rule of webinar_validation_rules; empty when valid, null when pending. Set by every write and by validate_webinar_data; without personal data.';

-- Few are not valid, and those are what people ask for.
CREATE INDEX idx_zoom_webinars_validation ON zoom_webinars (validation_status) WHERE validation_status <> 'valid';
