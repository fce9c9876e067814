-- Every page is stored again, and what is stored is counted.
ALTER TABLE webinar_sync_queue RESET (fillfactor);
COMMENT ON COLUMN webinar_sync_queue.held_pages IS 'Pages from the first on that are booked but not staged, because they are those of the last read.';
DROP TABLE zoom_people_reads;
COMMENT ON COLUMN zoom_instance_reads.page_digests IS 'Of each page of the last read, in order: the same digests, the same list. Null: not known.';
ALTER TABLE webinar_sync_queue DROP COLUMN losses;
ALTER TABLE zoom_instance_reads DROP COLUMN losses;
ALTER TABLE zoom_instance_reads DROP COLUMN people;
