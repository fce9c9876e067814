-- Batches of one webinar's instances: its registrants are matched with a batch, and read once instead of with every batch that
-- holds an instance of it.
DROP INDEX webinar_sync_queue_staged;
CREATE INDEX webinar_sync_queue_staged ON webinar_sync_queue (run_id, status, webinar_id, id)
    WHERE status IN ('fetched', 'sessionized', 'abandoned');
