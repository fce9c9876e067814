-- Thresholds and what health, alerts and reports need to stay look-ups.

CREATE TABLE sync_health_thresholds (
    check_name text PRIMARY KEY,
    warning numeric,
    critical numeric,
    unit text NOT NULL,
    description text NOT NULL,
    CONSTRAINT critical_is_no_milder_than_warning CHECK (critical >= warning)
);
COMMENT ON TABLE sync_health_thresholds IS 'From which value on a check warns and from which it is critical: higher is always worse. Rows a DBA changes, as the owner; no upgrade touches them.';
COMMENT ON COLUMN sync_health_thresholds.check_name IS 'The condition of sync_alert_conditions and the check of run_sync_health_checks.';
COMMENT ON COLUMN sync_health_thresholds.warning IS 'From this value on: warning. Null: it never warns.';
COMMENT ON COLUMN sync_health_thresholds.critical IS 'From this value on: critical. Null: it never is.';

INSERT INTO sync_health_thresholds (check_name, warning, critical, unit, description) VALUES
    ('stale_run', 30, 60, 'minutes', 'How long an active run gave no sign of life; a parked run counts from the end of its wait.'),
    ('last_run_failed', 1, NULL, 'runs', '1 where the run that ended last failed; cancelled runs do not count.'),
    ('failures_in_a_row', 3, 5, 'runs', 'Runs that failed since the last success; cancelled runs do not count.'),
    ('failure_rate', 40, 80, 'percent', 'Failed runs among those that ended in the last 24 hours, cancelled ones left out; measured from four runs on.'),
    ('success_age', 72, 336, 'hours', 'Since the last successful run ended, or since the first run began where none succeeded. Patient, because runs start by hand only.'),
    ('reconnect_needed', NULL, 1, 'connections', '1 where the source declared the credentials dead: a person must connect again.'),
    ('open_gaps', 1, NULL, 'gaps', 'Things of one kind that the source would not serve and that a person may want to know of; expected ones do not count.'),
    ('provisional_age', 3, NULL, 'days', 'Since when the instance that is provisional for longest has been so.'),
    ('reconciliation_differs', 1, NULL, 'instances', 'Instances read completely whose numbers differ from the source''s own without a known reason.'),
    ('budget_spent', 90, NULL, 'percent', 'Of the calls that rollcall may make today from the heavy pool; 100 too where the source itself said that the day is spent.'),
    ('queue_idle', 15, 60, 'minutes', 'How long nobody has worked on a queue that has lists to fetch, though its run is not waiting.'),
    ('staging_leftovers', 100000, NULL, 'rows', 'Staged participant rows of runs that ended more than a day ago: nobody is likely to take them up.'),
    ('long_transaction', 60, 720, 'minutes', 'Age of the oldest open transaction in this database that the caller may see: it keeps dead rows alive.'),
    ('dead_rows', 40, NULL, 'percent', 'Dead rows of the table that has the greatest share of them, among tables with more than 10,000 dead rows.'),
    ('cleanup_overdue', 30, NULL, 'days', 'By how much the oldest row of sync_progress_updates is older than sync_retention_settings wants it.'),
    ('invalid_webinars', 1, NULL, 'webinars', 'Webinars whose row breaks a rule of severity error (webinar_validation_rules).'),
    ('self_test_failed', NULL, 1, 'cases', 'Cases of the last self-test (test_sync_process) that failed.'),
    ('self_test_age', 90, NULL, 'days', 'Since the last self-test; nothing where there never was one.');

ALTER TABLE webinar_sync_queue ADD COLUMN started_at timestamptz;
COMMENT ON COLUMN webinar_sync_queue.started_at IS 'When a worker last took the list from its first page.';

ALTER TABLE zoom_instance_reads ADD COLUMN fetch_seconds numeric(12, 3);
ALTER TABLE zoom_instance_reads ADD COLUMN provisional_since timestamptz;
COMMENT ON COLUMN zoom_instance_reads.fetch_seconds IS 'Of the last read: from the first lease of the list to its last page, waits for limits included.';
COMMENT ON COLUMN zoom_instance_reads.provisional_since IS 'When the first of the reads in a row that left it provisional was noted; null: it is complete.';
UPDATE zoom_instance_reads SET provisional_since = last_read_at WHERE sync_status = 'provisional';

CREATE TABLE sync_run_totals (
    source text NOT NULL,
    connection_id bigint NOT NULL,
    status text NOT NULL,
    runs bigint NOT NULL DEFAULT 0,
    rows_fetched bigint NOT NULL DEFAULT 0,
    pages_fetched bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, connection_id, status),
    CONSTRAINT status_is_an_end CHECK (status IN ('completed', 'completed_with_gaps', 'failed', 'cancelled'))
);
COMMENT ON TABLE sync_run_totals IS 'Ends of runs, counted as they happen. It only grows, whatever cleanup removes: the counters of sync_openmetrics.';
COMMENT ON COLUMN sync_run_totals.runs IS 'How often a run ended this way; one that was taken up again and ended again counts again.';
COMMENT ON COLUMN sync_run_totals.rows_fetched IS 'Participant rows that these runs had fetched when they ended.';
INSERT INTO sync_run_totals (source, connection_id, status, runs, rows_fetched, pages_fetched)
SELECT r.source, r.connection_id, r.status, count(*), sum(r.rows_fetched), sum(r.pages_fetched)
FROM sync_runs r
WHERE r.finished_at IS NOT NULL
GROUP BY r.source, r.connection_id, r.status;

-- The rare among the many, each by an index of its own, so that health never reads the history.
CREATE INDEX sync_runs_succeeded ON sync_runs (source, connection_id, finished_at DESC)
    WHERE status IN ('completed', 'completed_with_gaps');
CREATE INDEX sync_runs_failed ON sync_runs (source, connection_id, finished_at DESC) WHERE status = 'failed';
CREATE INDEX sync_gaps_open ON sync_gaps (connection_id, object_kind) WHERE closed_at IS NULL AND NOT is_expected;
CREATE INDEX zoom_instance_reads_provisional ON zoom_instance_reads (instance_id) WHERE sync_status = 'provisional';
CREATE INDEX zoom_instance_reconciliation_differs ON zoom_instance_reconciliation (instance_id) WHERE verdict = 'differs';
-- Not by the count of pages: that changes with each page, and would make each of these changes touch every index.
CREATE INDEX webinar_sync_queue_leftovers ON webinar_sync_queue (run_id)
    WHERE status IN ('fetched', 'sessionized', 'abandoned') AND list_source IS NOT NULL;
