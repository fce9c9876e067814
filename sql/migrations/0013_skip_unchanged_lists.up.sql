-- A list of participants that is what it was need not be staged, sessionized and compared row by row to be known as unchanged.

ALTER TABLE zoom_instance_reads ADD COLUMN list_digest bytea;
COMMENT ON COLUMN zoom_instance_reads.list_digest IS 'Of the whole list as the last read was served it, row by row: the same digest, the same list. Null: not known, as after a read that was resumed.';

ALTER TABLE webinar_sync_queue ADD COLUMN list_digest bytea;
ALTER TABLE webinar_sync_queue ADD COLUMN is_reconciled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN webinar_sync_queue.list_digest IS 'Of the whole list as it was served; null where it was not read in one go.';
COMMENT ON COLUMN webinar_sync_queue.is_reconciled IS 'True: the list was unchanged, and so is all that it is compared with.';

CREATE TABLE zoom_people_changes (
    webinar_id bigint PRIMARY KEY REFERENCES zoom_webinars (id),
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE zoom_people_changes IS 'When the registrants, the panelists, the host or the instances of a webinar were last written: attendance read before that may mean other people now.';
