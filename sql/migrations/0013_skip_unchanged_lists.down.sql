-- Every list is worked through again.
DROP TABLE zoom_people_changes;
ALTER TABLE webinar_sync_queue DROP COLUMN is_reconciled;
ALTER TABLE webinar_sync_queue DROP COLUMN held_pages;
ALTER TABLE webinar_sync_queue DROP COLUMN page_digests;
ALTER TABLE zoom_instance_reads DROP COLUMN page_digests;
