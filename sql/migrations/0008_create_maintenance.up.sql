-- Retention settings, results of the self-test, and what tells a task from the one that took its run over.

-- A constant default: no row is rewritten.
ALTER TABLE sync_runs ADD COLUMN times_opened integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN sync_runs.times_opened IS 'How often a first task opened the run or took it up again. A task that knows an older number was replaced meanwhile, and writes nothing.';

CREATE TABLE sync_retention_settings (
    table_name text PRIMARY KEY,
    keep_days integer,
    description text NOT NULL,
    CONSTRAINT table_is_known CHECK (table_name IN (
        'sync_runs', 'sync_progress_updates', 'sync_error_logs', 'webinar_sync_queue', 'sync_test_results', 'zoom_call_budgets'
    )),
    CONSTRAINT at_least_a_day_is_kept CHECK (keep_days >= 1)
);
COMMENT ON TABLE sync_retention_settings IS 'How long scheduled_cleanup keeps the rows of each table. Rows a DBA may change; attendance, gaps and marks are kept for ever and are not in here.';
COMMENT ON COLUMN sync_retention_settings.keep_days IS 'Days after a run''s end (or after the row itself, for rows that outlive runs). Null, or no row: for ever.';

INSERT INTO sync_retention_settings (table_name, keep_days, description) VALUES
    ('sync_runs', 365, 'Runs that ended. The latest and the latest successful one of each connection stay, and those that a mark names. Never fewer days than what hangs on a run is kept'),
    ('sync_progress_updates', 30, 'What runs said while they worked'),
    ('sync_error_logs', 90, 'Errors of runs'),
    ('webinar_sync_queue', 30, 'The lists that runs read, with what is still staged of them'),
    ('sync_test_results', 90, 'Results of test_sync_process'),
    ('zoom_call_budgets', 30, 'Calls spent, by day');

CREATE TABLE sync_test_results (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    test_run uuid NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    test_name text NOT NULL,
    passed boolean NOT NULL,
    expected text NOT NULL,
    actual text,
    detail text NOT NULL,
    duration_ms numeric(12, 3) NOT NULL
);
CREATE INDEX sync_test_results_by_time ON sync_test_results (run_at);
COMMENT ON TABLE sync_test_results IS 'What test_sync_process found, a row for each case of each self-test. On invented people: nobody''s data.';
COMMENT ON COLUMN sync_test_results.test_run IS 'The same for all cases of one self-test.';
COMMENT ON COLUMN sync_test_results.actual IS 'What came out; the error''s text where the case could not be carried through.';
COMMENT ON COLUMN sync_test_results.detail IS 'What the case is about.';
