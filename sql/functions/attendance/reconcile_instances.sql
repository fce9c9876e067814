-- Zoom publishes four numbers about an instance, and each counts something else. A difference is stored with its reason, so
-- that nobody has to guess whether 446 against 991 is a loss.
CREATE FUNCTION reconcile_instances(p_run_id bigint)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_written integer;
BEGIN
    IF NOT hold_run(p_run_id, NULL) THEN
        RETURN 0;
    END IF;
    WITH chosen AS (
        SELECT q.instance_id
        FROM webinar_sync_queue q
        WHERE q.run_id = p_run_id AND q.status = 'done' AND NOT q.is_reconciled
        UNION
        -- What runs stored that were ended before they compared, as far as no run has succeeded since.
        SELECT r.instance_id
        FROM sync_runs run
        JOIN sync_runs l ON l.source = run.source AND l.connection_id = run.connection_id AND l.status IN ('failed', 'cancelled')
        JOIN zoom_instance_reads r ON r.last_run_id = l.id
        WHERE run.id = p_run_id AND l.finished_at > coalesce(
            (
                SELECT max(s.finished_at)
                FROM sync_runs s
                WHERE s.source = run.source AND s.connection_id = run.connection_id AND s.status IN ('completed', 'completed_with_gaps')
            ),
            '-infinity'
        )
    ),
    instance AS (
        SELECT
            i.id, i.participants_count, i.unique_viewers, i.total_minutes,
            w.sync_status <> 'synced' AS lacks_panelists,
            r.rows_read, r.rows_distinct, r.total_records, r.sync_status
        FROM chosen c
        JOIN zoom_webinar_instances i ON i.id = c.instance_id
        JOIN zoom_webinars w ON w.id = i.webinar_id
        JOIN zoom_instance_reads r ON r.instance_id = i.id
    ),
    ours AS (
        SELECT
            p.instance_id,
            count(*) FILTER (WHERE p.session_count > 0) AS people,
            count(*) FILTER (WHERE p.session_count > 0 AND p.role = 'host') AS hosts,
            -- Zoom counts a viewer once: attendees, and panelists who also registered and joined.
            count(*) FILTER (
                WHERE p.session_count > 0 AND CASE p.role
                    WHEN 'attendee' THEN p.matched_by NOT IN ('name', 'unmatched')
                    WHEN 'panelist' THEN p.registrant_id IS NOT NULL
                    ELSE false
                END
            )
            -- Attendees without any key count only where nobody registered, unless they listened by telephone: then a
            -- number stands for their name. Measured on a real report; Zoom says it in fewer words.
            + CASE WHEN bool_or(p.registrant_id IS NOT NULL) THEN 0 ELSE count(*) FILTER (
                WHERE p.session_count > 0 AND p.role = 'attendee' AND p.matched_by IN ('name', 'unmatched')
                    AND coalesce(p.participant_name, '') !~ '^[+]?[0-9][0-9 ().*-]*$'
            ) END AS viewers,
            sum(p.session_count) AS sessions,
            sum(p.total_duration) AS seconds
        FROM instance i
        JOIN zoom_participants p ON p.instance_id = i.id
        GROUP BY p.instance_id
    ),
    measured AS (
        SELECT
            i.id AS instance_id, m.*, i.sync_status, i.lacks_panelists, i.rows_read,
            coalesce(o.people, 0) AS people, coalesce(o.hosts, 0) AS hosts, coalesce(o.sessions, 0) AS sessions
        FROM instance i
        LEFT JOIN ours o ON o.instance_id = i.id
        CROSS JOIN LATERAL (
            VALUES
                ('rows', i.rows_distinct::bigint, i.total_records::bigint),
                ('people', coalesce(o.people, 0), i.participants_count::bigint),
                ('unique_viewers', coalesce(o.viewers, 0), i.unique_viewers::bigint),
                ('minutes', round(coalesce(o.seconds, 0) / 60.0)::bigint, i.total_minutes::bigint)
        ) AS m (measure, ours, theirs)
    ),
    judged AS (
        SELECT
            m.instance_id, m.measure, m.ours, m.theirs, v.verdict, v.meaning
        FROM measured m
        CROSS JOIN LATERAL (
            SELECT * FROM (
                VALUES
                    (1, m.theirs IS NULL, 'not_stated', 'Zoom gives no such number for this instance.'),
                    (2, m.ours = m.theirs, 'agrees', 'The same number.'),
                    (3, m.measure = 'rows' AND m.ours < m.theirs AND m.sync_status = 'provisional', 'differs',
                        'Zoom''s report holds fewer rows than its total_records: not complete yet; deltas read it again.'),
                    (4, m.measure = 'rows' AND m.ours < m.theirs, 'differs',
                        'Two reads agree on fewer rows than Zoom''s total_records: rows that repeat on two pages are counted there, or Zoom keeps some back.'),
                    (5, m.measure = 'rows', 'differs', 'Zoom served more distinct rows than its total_records.'),
                    (6, m.measure = 'people' AND m.theirs BETWEEN m.people - m.hosts AND m.rows_read, 'explained',
                        'Zoom counts joins here, not people, and at times without the host: whoever rejoins or uses two devices counts again.'),
                    (7, m.measure = 'unique_viewers' AND m.theirs = 0, 'not_stated', 'Zoom states 0, as it does where it did not count.'),
                    (8, m.measure = 'unique_viewers' AND abs(m.ours - m.theirs) <= greatest(1, m.theirs / 100), 'agrees',
                        'Within one per cent: Zoom tells phone-only listeners and registered panelists apart by means that its reports do not show.'),
                    (9, m.measure = 'unique_viewers' AND m.lacks_panelists AND m.ours > m.theirs, 'explained',
                        'The webinar''s id expired before its panelists could be read: they count as attendees here.'),
                    (10, m.measure = 'minutes' AND abs(m.ours - m.theirs) <= greatest(1, m.theirs / 100), 'agrees', 'Within one per cent.'),
                    (11, m.measure = 'minutes' AND m.theirs BETWEEN m.ours AND m.ours + m.sessions, 'explained',
                        'Zoom rounds each session up to a whole minute; ours are exact.'),
                    (12, m.sync_status = 'provisional', 'differs',
                        'Zoom''s report is not complete yet; deltas read it again.'),
                    (13, true, 'differs', 'No known way of counting explains this difference.')
            ) AS rule (no, applies, verdict, meaning)
            WHERE rule.applies
            ORDER BY rule.no
            LIMIT 1
        ) v
    ),
    written AS (
        INSERT INTO zoom_instance_reconciliation AS t (instance_id, measure, ours, theirs, verdict, meaning, run_id)
        SELECT j.instance_id, j.measure, j.ours, j.theirs, j.verdict, j.meaning, p_run_id
        FROM judged j
        LEFT JOIN zoom_instance_reconciliation o ON o.instance_id = j.instance_id AND o.measure = j.measure
        WHERE o.instance_id IS NULL
            OR (o.ours, o.theirs, o.verdict, o.meaning) IS DISTINCT FROM (j.ours, j.theirs, j.verdict, j.meaning)
        ON CONFLICT (instance_id, measure) DO UPDATE SET
            ours = excluded.ours, theirs = excluded.theirs, verdict = excluded.verdict, meaning = excluded.meaning,
            run_id = excluded.run_id, checked_at = now()
        RETURNING 1
    )
    SELECT count(*) INTO v_written FROM written;
    RETURN v_written;
END
$$;
COMMENT ON FUNCTION reconcile_instances(bigint) IS 'Compare what a run stored with the source''s own totals, per instance, and what the runs since the last successful one stored. Returns the comparisons that are new or changed; 0 when the run has ended.';
