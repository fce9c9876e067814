DROP INDEX webinar_sync_queue_staged;
CREATE INDEX webinar_sync_queue_staged ON webinar_sync_queue (run_id, status, id)
    WHERE status IN ('fetched', 'sessionized', 'abandoned');
