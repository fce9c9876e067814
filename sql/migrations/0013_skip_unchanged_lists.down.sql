-- Every list is worked through again.
DROP TABLE zoom_people_changes;
ALTER TABLE webinar_sync_queue DROP COLUMN is_reconciled;
ALTER TABLE webinar_sync_queue DROP COLUMN list_digest;
ALTER TABLE zoom_instance_reads DROP COLUMN list_digest;
