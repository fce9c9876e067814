-- Outcomes are told as a sentence, so that a DBA sees at a glance what differs.
CREATE FUNCTION tell_self_test(p_question text, p_run_id bigint, p_instance_id bigint)
RETURNS text
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT CASE p_question
        WHEN 'people' THEN (
            SELECT string_agg(
                format(
                    '%s: %s session(s), total %s s, attended %s s, by %s',
                    p.participant_name, p.session_count, p.total_duration, p.attended_seconds, p.matched_by
                ),
                '; ' ORDER BY p.first_join_time, p.participant_name COLLATE "C"
            )
            FROM zoom_participants p
            WHERE p.instance_id = p_instance_id
        )
        WHEN 'run' THEN (
            SELECT format(
                '%s: %s rows = %s duplicate + %s rejected + %s kept back + %s new + %s changed + %s as before; people: %s new, %s changed, %s as before',
                r.status, r.rows_fetched, r.rows_duplicate, r.rows_rejected, r.rows_kept_back, r.sessions_inserted, r.sessions_updated,
                r.sessions_unchanged, r.participants_inserted, r.participants_updated, r.participants_unchanged
            )
            FROM sync_runs r
            WHERE r.id = p_run_id
        )
        WHEN 'reconciliation' THEN (
            SELECT string_agg(format('%s %s of %s: %s', c.measure, c.ours, coalesce(c.theirs::text, '?'), c.verdict), '; ' ORDER BY c.measure)
            FROM zoom_instance_reconciliation c
            WHERE c.instance_id = p_instance_id
        )
        WHEN 'statistics' THEN (
            SELECT format(
                '%s attendee(s), %s rejoiner(s), attended %s s, %s session(s), peak %s',
                s.attendees, s.rejoiners, s.attended_seconds, s.sessions, s.peak_concurrency
            )
            FROM zoom_instance_statistics s
            WHERE s.instance_id = p_instance_id
        )
    END
$$;
COMMENT ON FUNCTION tell_self_test(text, bigint, bigint) IS 'What came of a case of the self-test, as a sentence. p_question: people, run, reconciliation or statistics.';
