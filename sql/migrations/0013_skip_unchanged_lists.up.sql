-- A list of participants that is what it was need not be staged, sessionized and compared row by row to be known as unchanged.

ALTER TABLE zoom_instance_reads ADD COLUMN page_digests bytea[];
COMMENT ON COLUMN zoom_instance_reads.page_digests IS 'Of each page of the last read, in order: the same digests, the same list. Null: not known.';

ALTER TABLE webinar_sync_queue ADD COLUMN page_digests bytea[] NOT NULL DEFAULT '{}';
ALTER TABLE webinar_sync_queue ADD COLUMN held_pages integer NOT NULL DEFAULT 0;
ALTER TABLE webinar_sync_queue ADD COLUMN is_reconciled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN webinar_sync_queue.page_digests IS 'Of each page of the list so far; null for one that can''t be hashed.';
COMMENT ON COLUMN webinar_sync_queue.held_pages IS 'Pages from the first on that are booked but not staged, because they are those of the last read.';
COMMENT ON COLUMN webinar_sync_queue.is_reconciled IS 'True: the list was unchanged, and so is all that it is compared with.';

CREATE TABLE zoom_people_changes (
    webinar_id bigint PRIMARY KEY REFERENCES zoom_webinars (id),
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE zoom_people_changes IS 'When the registrants, the panelists, the host or the instances of a webinar were last written: attendance read before that may mean other people now.';
