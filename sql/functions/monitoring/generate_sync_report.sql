-- The summary and what it takes to explain it: errors by kind, the slowest lists, the trend, the comparison with the source.
CREATE FUNCTION generate_sync_report(
    p_connection text DEFAULT NULL,
    p_from timestamptz DEFAULT now() - interval '30 days',
    p_to timestamptz DEFAULT now()
)
RETURNS TABLE (section text, metric text, value numeric, unit text, verdict text, detail text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    WITH runs AS MATERIALIZED (
        SELECT
            r.id, r.rows_fetched, r.started_at, r.finished_at,
            -- Where a bound is open, the runs themselves bound the window. In seconds: an interval can't hold every window.
            2 * extract(epoch FROM r.started_at) >= extract(epoch FROM coalesce(nullif(p_from, '-infinity'), min(r.started_at) OVER ()))
                + extract(epoch FROM coalesce(nullif(p_to, 'infinity'), max(r.started_at) OVER ())) AS is_later
        FROM find_window_runs(p_connection, p_from, p_to) r
    ),
    reads AS MATERIALIZED (
        SELECT d.instance_id, d.fetch_seconds, d.rows_read, d.reads, d.last_read_at, d.sync_status, d.uuid
        FROM sync_instance_reads d
        JOIN find_connections(p_connection) f ON f.source = d.source AND f.connection_id = d.connection_id
    ),
    error_counts AS (
        SELECT e.kind, e.code, e.message, sum(e.occurrences) AS times
        FROM runs r
        JOIN sync_error_logs e ON e.run_id = r.id
        GROUP BY e.kind, e.code, e.message
    ),
    speed AS (
        SELECT
            sum(r.rows_fetched) FILTER (WHERE NOT r.is_later)
                / nullif(sum(extract(epoch FROM r.finished_at - r.started_at)) FILTER (WHERE NOT r.is_later), 0) AS earlier,
            sum(r.rows_fetched) FILTER (WHERE r.is_later)
                / nullif(sum(extract(epoch FROM r.finished_at - r.started_at)) FILTER (WHERE r.is_later), 0) AS later
        FROM runs r
        WHERE r.finished_at IS NOT NULL AND r.rows_fetched > 0
    ),
    lines AS (
        SELECT
            array_position(ARRAY['connection', 'runs', 'rows', 'errors', 'completeness', 'gaps'], s.section) * 10 AS section_no,
            row_number() OVER () AS line_no, s.section, s.metric, s.value, s.unit, s.verdict, s.detail
        FROM get_sync_summary(p_connection, p_from, p_to) s
        UNION ALL
        SELECT 41, row_number() OVER (ORDER BY sum(e.times) DESC, e.kind), 'errors', e.kind, sum(e.times), 'times', 'info',
            (array_agg(format('%s times, code %s: %s', e.times, coalesce(nullif(e.code, ''), 'none'), e.message) ORDER BY e.times DESC, e.message))[1]
        FROM error_counts e
        GROUP BY e.kind
        UNION ALL
        SELECT 44, s.place, 'slowest instances', s.uuid, round(s.fetch_seconds, 1), 'seconds', 'info',
            format('%s rows, read %s times, last at %s; first lease to last page, waits included.', s.rows_read, s.reads, date_trunc('second', s.last_read_at))
        FROM (
            SELECT d.*, row_number() OVER (ORDER BY d.fetch_seconds DESC, d.instance_id) AS place
            FROM reads d
            WHERE d.fetch_seconds IS NOT NULL AND d.last_read_at >= coalesce(p_from, '-infinity') AND d.last_read_at <= coalesce(p_to, 'infinity')
            ORDER BY d.fetch_seconds DESC, d.instance_id
            LIMIT 10
        ) s
        UNION ALL
        SELECT 46, l.line_no, 'throughput', l.metric, l.value, l.unit, l.verdict, l.detail
        FROM speed s
        CROSS JOIN LATERAL (
            VALUES
                (1, 'earlier_half', round(s.earlier, 1), 'rows per second', 'info', 'Rows by the duration of the ended runs that began in the first half of the window, waits included.'),
                (2, 'later_half', round(s.later, 1), 'rows per second', 'info', 'Likewise of the second half.'),
                (
                    3, 'trend', round(100 * (s.later / nullif(s.earlier, 0) - 1), 1), 'percent',
                    CASE WHEN s.earlier IS NULL OR s.later IS NULL THEN 'info' WHEN s.later < s.earlier / 2 THEN 'warning' ELSE 'ok' END,
                    'The later half against the earlier one; below -50 a warning.'
                )
        ) AS l (line_no, metric, value, unit, verdict, detail)
        WHERE s.earlier IS NOT NULL OR s.later IS NOT NULL
        UNION ALL
        SELECT
            51, row_number() OVER (ORDER BY array_position(ARRAY['rows', 'people', 'unique_viewers', 'minutes'], n.measure),
                array_position(ARRAY['agrees', 'explained', 'differs', 'not_stated'], n.verdict)),
            'completeness', format('%s %s', n.measure, n.verdict), count(*), 'instances',
            CASE WHEN n.verdict <> 'differs' THEN 'ok' WHEN bool_or(d.sync_status = 'complete') THEN 'warning' ELSE 'info' END,
            CASE n.verdict
                WHEN 'not_stated' THEN 'The source gives no number.'
                ELSE format('Ours %s, the source''s %s. Commonest meaning: %s', sum(n.ours), sum(n.theirs), mode() WITHIN GROUP (ORDER BY n.meaning))
            END
        FROM reads d
        JOIN zoom_instance_reconciliation n ON n.instance_id = d.instance_id
        GROUP BY n.measure, n.verdict
        UNION ALL
        SELECT
            61, row_number() OVER (ORDER BY g.is_expected, sum(g.gaps) DESC, g.object_kind), 'gaps',
            format('%s%s', g.object_kind, CASE WHEN g.is_expected THEN ' (expected)' ELSE '' END), sum(g.gaps), 'gaps',
            CASE WHEN g.is_expected THEN 'info' ELSE 'warning' END,
            format('%s of them to be asked again. Commonest reason: %s To do: %s', sum(g.asked_again),
                (array_agg(g.reason ORDER BY g.gaps DESC, g.reason))[1], (array_agg(g.action ORDER BY g.gaps DESC, g.reason))[1])
        FROM (
            -- A reason names the thing that is missing, so it is the code that tells which of them are alike.
            SELECT
                o.object_kind, o.is_expected, count(*) AS gaps, count(*) FILTER (WHERE o.will_be_asked_again) AS asked_again,
                max(o.reason) AS reason, max(o.action) AS action
            FROM sync_known_gaps o
            JOIN find_connections(p_connection) f ON f.source = o.source AND f.connection_id = o.connection_id
            WHERE o.is_open
            GROUP BY o.object_kind, o.is_expected, o.http_status, o.code
        ) g
        GROUP BY g.object_kind, g.is_expected
        UNION ALL
        SELECT 62, 1, 'gaps', 'closed', count(*), 'gaps', 'ok', 'Filled by a later read in the window.'
        FROM sync_known_gaps g
        JOIN find_connections(p_connection) f ON f.source = g.source AND f.connection_id = g.connection_id
        WHERE g.closed_at >= coalesce(p_from, '-infinity') AND g.closed_at <= coalesce(p_to, 'infinity')
        HAVING count(*) > 0
    )
    SELECT l.section, l.metric, l.value, l.unit, l.verdict, l.detail FROM lines l ORDER BY l.section_no, l.line_no
$$;
COMMENT ON FUNCTION generate_sync_report(text, timestamptz, timestamptz) IS
'The long form of get_sync_summary, over the last 30 days unless given: the same columns, and more sections. Unknown connection: one row that says so. p_from later than p_to: error 22023.
errors: how often each kind came in the runs of the window, with the commonest message. slowest instances: the ten whose last read took longest, by uuid. throughput: rows per second of the two halves of the window. completeness: how many instances agree with the source''s own totals, by measure and verdict of sync_reconciliation, as of now. gaps: what is open now, by kind, and what was filled in the window.';
