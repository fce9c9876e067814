-- Takes maintenance back.
DROP TABLE sync_test_results;
DROP TABLE sync_retention_settings;
ALTER TABLE sync_runs DROP COLUMN times_opened;
