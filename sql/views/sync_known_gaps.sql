-- A refusal in words that a person can act on: which thing, why, whether it is asked for again, and what would help.
CREATE VIEW sync_known_gaps AS
SELECT
    c.source,
    g.connection_id,
    c.name AS connection_name,
    g.id AS gap_id,
    g.object_kind,
    g.object_key,
    g.reason,
    g.http_status,
    g.code,
    g.closed_at IS NULL AS is_open,
    g.is_expected,
    g.first_seen_at,
    g.last_seen_at,
    g.last_seen_run_id,
    g.times_seen,
    g.recheck_at,
    g.closed_at IS NULL AND g.recheck_at IS NOT NULL AS will_be_asked_again,
    g.closed_at,
    CASE
        WHEN g.closed_at IS NOT NULL THEN 'Nothing: a later read succeeded.'
        WHEN g.is_expected THEN 'Nothing: it is what happens to such things in time, and nobody can mend it.'
        WHEN g.source = 'calendly' THEN CASE
            WHEN g.http_status = 403
                THEN format('A scope or a role is missing, as reason says; rollcall calendly test %s checks. Mend it: a sync a day later asks again, a full one at once.', c.name)
            WHEN g.recheck_at IS NOT NULL THEN format('The source failed at it; the next sync asks again: rollcall sync calendly %s', c.name)
            ELSE format('A full sync asks again: rollcall sync calendly %s --mode full. If it stays refused, report http_status.', c.name)
        END
        WHEN g.code IN (4711, 4700) OR g.http_status IN (401, 403)
            THEN format('A scope, role or plan is missing: rollcall connection test %s names it. Add it, then run mode full, or a delta a day later.', c.name)
        WHEN g.code = 12702 THEN 'It is too old for the source and can''t be had any more. To have it count no longer, set is_expected in sync_gaps, as the owner.'
        WHEN g.code = 3001 AND g.object_kind = 'webinar' THEN 'Check the number: the source knows no such webinar.'
        WHEN g.code = 3001 THEN 'Nothing yet: it is gone or has not ended; a delta asks again once recheck_at has passed.'
        WHEN g.code IN (200, 3161, 1001, 1010) THEN 'Look at its host in the source''s administration: licence, permission, account. A delta asks again once recheck_at has passed.'
        WHEN g.code = 300 THEN 'The source calls the request invalid for it. Mode webinars with the webinar''s id tries again.'
        WHEN g.recheck_at IS NOT NULL THEN format('The source failed at it; a delta asks again: rollcall sync zoom %s --mode delta', c.name)
        ELSE 'Nobody asks again by itself: mode webinars with the webinar''s id does. If it stays refused, report http_status and code.'
    END AS action
FROM sync_gaps g
JOIN sync_connections c ON c.source = g.source AND c.connection_id = g.connection_id;
COMMENT ON VIEW sync_known_gaps IS 'What the source would not serve, a row for each thing: open ones and those that a later read filled. Never a person''s name or e-mail.';
COMMENT ON COLUMN sync_known_gaps.object_kind IS 'history (a list of past webinars), host, webinar (its settings), registrants, panelists, instances (its past ones), participants (the attendance of one instance); of Calendly: meeting (a scheduled event), invitees (of one event).';
COMMENT ON COLUMN sync_known_gaps.object_key IS 'Instance uuid, webinar id (of registrants with the status asked for), host id, month or list; of Calendly the id of the event.';
COMMENT ON COLUMN sync_known_gaps.code IS 'The source''s own error code, beside the http_status that it came with; both null where no answer came.';
COMMENT ON COLUMN sync_known_gaps.is_open IS 'False: a later read succeeded, at closed_at.';
COMMENT ON COLUMN sync_known_gaps.is_expected IS 'What happens to every webinar in time, like the expiry of its id, and numbers asked for earlier that nobody knows: counts in no run and no alert.';
COMMENT ON COLUMN sync_known_gaps.times_seen IS 'How often it was refused.';
COMMENT ON COLUMN sync_known_gaps.recheck_at IS 'The first delta (of Calendly: incremental sync) after this asks again.';
COMMENT ON COLUMN sync_known_gaps.will_be_asked_again IS 'False: it is closed, or the source said so for good; then only mode webinars or date_range asks again, of Calendly mode full.';
COMMENT ON COLUMN sync_known_gaps.action IS 'What to do about it.';
