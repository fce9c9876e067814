DROP TABLE sync_gaps;
DROP TABLE sync_state;
DROP TABLE sync_error_logs;
DROP TABLE sync_progress_updates;
DROP TABLE sync_runs;
