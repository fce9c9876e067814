-- Pages of registrants and panelists that are those of the last read need not be stored again, nor what is stored be counted
-- to know that it is all there: whoever deletes makes the next read a full one.

ALTER TABLE zoom_instance_reads ADD COLUMN people integer;
ALTER TABLE zoom_instance_reads ADD COLUMN losses integer NOT NULL DEFAULT 0;
ALTER TABLE webinar_sync_queue ADD COLUMN losses integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN zoom_instance_reads.losses IS 'How often stored sessions of the instance were deleted by somebody.';
COMMENT ON COLUMN webinar_sync_queue.losses IS 'Of an instance, zoom_instance_reads.losses when the list was leased: where it has grown when the list is stored, nobody can say what of it is still there.';
COMMENT ON COLUMN zoom_instance_reads.people IS 'Rows of zoom_participants of the instance after the last read that was worked through. Null: not known, count them.';
COMMENT ON COLUMN zoom_instance_reads.page_digests IS 'Of each page of the last read, in order: the same digests, the same list. Null: not known, or stored sessions were deleted since.';

CREATE TABLE zoom_people_reads (
    webinar_id bigint NOT NULL REFERENCES zoom_webinars (id),
    kind text NOT NULL,
    variant text NOT NULL,
    page_digests bytea[] NOT NULL DEFAULT '{}',
    rewrites bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (webinar_id, kind, variant),
    CONSTRAINT kind_is_known CHECK (kind IN ('registrants', 'panelists'))
);
COMMENT ON TABLE zoom_people_reads IS 'Which pages of each list of registrants or panelists are stored to the last value, so that to store them again would write nothing: our bookkeeping, apart from the people themselves.';
COMMENT ON COLUMN zoom_people_reads.variant IS 'For registrants: the status that the list is filtered by.';
COMMENT ON COLUMN zoom_people_reads.page_digests IS 'Of each page, by its place in the list; null where it has to be stored again. Emptied whenever a stored registrant (or panelist) of the webinar is updated or deleted, by whomever.';
COMMENT ON COLUMN zoom_people_reads.rewrites IS 'How often they were emptied: a page is noted only where none came between its rows and the note.';

COMMENT ON COLUMN webinar_sync_queue.held_pages IS 'Pages, up to the last one read, that are booked but not staged (of people: not stored), because they are those of the last read.';
-- Each page changes its item once: with room beside it, no index has to be touched.
ALTER TABLE webinar_sync_queue SET (fillfactor = 50);
