-- What happened lately, on one screen.
CREATE FUNCTION get_sync_summary(
    p_connection text DEFAULT NULL,
    p_from timestamptz DEFAULT now() - interval '24 hours',
    p_to timestamptz DEFAULT now()
)
RETURNS TABLE (section text, metric text, value numeric, unit text, verdict text, detail text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH runs AS MATERIALIZED (SELECT r.* FROM find_window_runs(p_connection, p_from, p_to) r),
    health AS MATERIALIZED (SELECT h.* FROM get_sync_health_status(p_connection) h),
    total AS (
        SELECT
            count(*) AS started,
            count(*) FILTER (WHERE r.status = 'completed') AS completed,
            count(*) FILTER (WHERE r.status = 'completed_with_gaps') AS with_gaps,
            count(*) FILTER (WHERE r.status = 'failed') AS failed,
            count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
            count(*) FILTER (WHERE r.finished_at IS NULL) AS active,
            round(
                100.0 * count(*) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps'))
                / nullif(count(*) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps', 'failed')), 0), 1
            ) AS success_rate,
            extract(epoch FROM avg(r.finished_at - r.started_at) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps'))) AS average_seconds,
            extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY r.finished_at - r.started_at)
                FILTER (WHERE r.status IN ('completed', 'completed_with_gaps'))) AS median_seconds,
            extract(epoch FROM max(r.finished_at - r.started_at) FILTER (WHERE r.status IN ('completed', 'completed_with_gaps'))) AS longest_seconds,
            coalesce(sum(r.rows_fetched), 0) AS fetched,
            coalesce(sum(r.rows_duplicate), 0) AS duplicate,
            coalesce(sum(r.rows_rejected), 0) AS rejected,
            coalesce(sum(r.rows_kept_back), 0) AS kept_back,
            coalesce(sum(r.sessions_inserted), 0) AS inserted,
            coalesce(sum(r.sessions_updated), 0) AS updated,
            coalesce(sum(r.sessions_unchanged), 0) AS unchanged,
            coalesce(sum(r.participants_inserted), 0) AS people_inserted,
            coalesce(sum(r.participants_updated), 0) AS people_updated,
            coalesce(sum(r.pages_fetched), 0) AS pages,
            coalesce(sum(r.errors), 0) AS errors
        FROM runs r
    ),
    state AS (
        SELECT
            coalesce(sum(f.open_gaps), 0) AS open_gaps,
            coalesce(sum(f.provisional_instances), 0) AS provisional,
            coalesce(sum(f.differing_instances), 0) AS differing
        FROM sync_connection_facts f
        JOIN find_connections(p_connection) c ON c.source = f.source AND c.connection_id = f.connection_id
    ),
    lines AS (
        SELECT
            1 AS section_no, row_number() OVER (ORDER BY h.source, h.connection_name) AS line_no, 'connection' AS section,
            h.connection_name AS metric, h.health_score::numeric AS value, 'points' AS unit,
            CASE h.status WHEN 'healthy' THEN 'ok' WHEN 'unknown' THEN 'info' ELSE h.status END AS verdict,
            CASE WHEN h.connection_id IS NULL THEN h.action
                ELSE format('%s connection %s, %s. To do: %s', h.source, h.connection_id, h.status, h.action) END AS detail
        FROM health h
        UNION ALL
        SELECT l.section_no, l.line_no, l.section, l.metric, l.value, l.unit, l.verdict, l.detail
        FROM total t
        CROSS JOIN state s
        LEFT JOIN sync_health_thresholds h ON h.check_name = 'failure_rate'
        CROSS JOIN LATERAL (
            VALUES
                (2, 1, 'runs', 'started', t.started::numeric, 'runs', 'info', 'Runs that began in the window; the other numbers are about these.'),
                (2, 2, 'runs', 'completed', t.completed, 'runs', 'info', NULL),
                (2, 3, 'runs', 'completed_with_gaps', t.with_gaps, 'runs', 'info', 'Done, but the source refused something: see section gaps.'),
                (2, 4, 'runs', 'failed', t.failed, 'runs', CASE WHEN t.failed > 0 THEN 'warning' ELSE 'ok' END, NULL),
                (2, 5, 'runs', 'cancelled', t.cancelled, 'runs', 'info', 'Stopped by a person; they count in no rate.'),
                (2, 6, 'runs', 'active', t.active, 'runs', 'info', NULL),
                (
                    2, 7, 'runs', 'success_rate', t.success_rate, 'percent',
                    CASE
                        WHEN t.success_rate IS NULL THEN 'info'
                        WHEN 100 - t.success_rate >= h.critical THEN 'critical'
                        WHEN 100 - t.success_rate >= h.warning THEN 'warning'
                        ELSE 'ok'
                    END,
                    'Completed, with gaps or without, of those that completed or failed; judged by the threshold of failure_rate.'
                ),
                (2, 8, 'runs', 'average_duration', round(t.average_seconds, 1), 'seconds', 'info', 'Of the successful runs, waits for limits included.'),
                (2, 9, 'runs', 'median_duration', round(t.median_seconds, 1), 'seconds', 'info', NULL),
                (2, 10, 'runs', 'longest_duration', round(t.longest_seconds, 1), 'seconds', 'info', NULL),
                (3, 1, 'rows', 'fetched', t.fetched, 'rows', 'info', 'Participant rows staged (of successful runs the sum of the next six), and invitees read from Calendly.'),
                (3, 2, 'rows', 'sessions_inserted', t.inserted, 'rows', 'info', NULL),
                (3, 3, 'rows', 'sessions_updated', t.updated, 'rows', 'info', NULL),
                (3, 4, 'rows', 'sessions_unchanged', t.unchanged, 'rows', 'info', NULL),
                (3, 5, 'rows', 'duplicate', t.duplicate, 'rows', 'info', 'The same row on two pages.'),
                (3, 6, 'rows', 'rejected', t.rejected, 'rows', CASE WHEN t.rejected > 0 THEN 'warning' ELSE 'ok' END, 'Rows that could not be read.'),
                (3, 7, 'rows', 'kept_back', t.kept_back, 'rows', 'info', 'Read from a weaker endpoint than what is stored already.'),
                (3, 8, 'rows', 'participants_inserted', t.people_inserted, 'people', 'info', NULL),
                (3, 9, 'rows', 'participants_updated', t.people_updated, 'people', 'info', NULL),
                (3, 10, 'rows', 'pages_fetched', t.pages, 'pages', 'info', NULL),
                (4, 1, 'errors', 'different_errors', t.errors, 'errors', 'info', 'Logged by these runs, most of them tried again with success.'),
                (6, 1, 'completeness', 'instances_that_differ', s.differing, 'instances', CASE WHEN s.differing > 0 THEN 'warning' ELSE 'ok' END,
                    'As of now: read completely, and a number differs from the source''s own without a known reason.'),
                (6, 2, 'completeness', 'provisional_instances', s.provisional, 'instances', 'info', 'As of now: the report was not whole when it was read.'),
                (7, 1, 'gaps', 'open', s.open_gaps, 'gaps', CASE WHEN s.open_gaps > 0 THEN 'warning' ELSE 'ok' END,
                    'As of now: SELECT * FROM sync_known_gaps WHERE is_open AND NOT is_expected;')
        ) AS l (section_no, line_no, section, metric, value, unit, verdict, detail)
        -- About a connection that does not exist there is one thing to say, and nothing to count.
        WHERE p_connection IS NULL OR EXISTS (SELECT FROM find_connections(p_connection))
    )
    SELECT l.section, l.metric, l.value, l.unit, l.verdict, l.detail FROM lines l ORDER BY l.section_no, l.line_no
$$;
COMMENT ON FUNCTION get_sync_summary(text, timestamptz, timestamptz) IS
'What happened in a window (the last 24 hours unless given) at the connection with this id or name, at all where null. Unknown connection: one row that says so. p_from later than p_to: error 22023.
section: connection (health now), runs and rows (of the runs that began from p_from on and before p_to), errors, completeness and gaps (as of now). metric, value, unit: a number and what it counts; value is null where there is nothing to measure. verdict: ok, warning, critical, or info where nothing is judged. detail: the definition, or what to do.';
