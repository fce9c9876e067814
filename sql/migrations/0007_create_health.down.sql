-- Takes back what health needs.

DROP INDEX webinar_sync_queue_leftovers;
DROP INDEX zoom_instance_reconciliation_differs;
DROP INDEX zoom_instance_reads_provisional;
DROP INDEX sync_gaps_open;
DROP INDEX sync_runs_failed;
DROP INDEX sync_runs_succeeded;
DROP TABLE sync_run_totals;
ALTER TABLE zoom_instance_reads DROP COLUMN provisional_since;
ALTER TABLE zoom_instance_reads DROP COLUMN fetch_seconds;
ALTER TABLE webinar_sync_queue DROP COLUMN started_at;
DROP TABLE sync_health_thresholds;
