-- Roles and e-mails of participants come from the webinar's registrants, panelists and host, who may change long after the
-- attendance was read. Whether attendance was matched with them as they are now needs a time of its own: an unchanged list is
-- read without matching anybody.

ALTER TABLE zoom_instance_reads ADD COLUMN people_matched_at timestamptz NOT NULL DEFAULT now();
UPDATE zoom_instance_reads SET people_matched_at = last_read_at;
COMMENT ON COLUMN zoom_instance_reads.people_matched_at IS 'When roles and e-mails were last worked out. Where the webinar''s people changed since, the next run does so again, from what is stored.';

-- Any panelist, or another host, may be anybody's role in any instance. A registrant is only asked for where he came.
ALTER TABLE zoom_people_changes ADD COLUMN roles_changed_at timestamptz;
UPDATE zoom_people_changes SET roles_changed_at = changed_at;
COMMENT ON COLUMN zoom_people_changes.roles_changed_at IS 'Of these, when panelists or the host were last written. Null: never since the webinar is known.';
COMMENT ON TABLE zoom_people_changes IS 'When the registrants, the panelists or the host of a webinar were last written: attendance matched with them before that may mean other people now.';

COMMENT ON COLUMN webinar_sync_queue.variant IS 'For registrants: the status that the list is filtered by. For participants: stored, where nothing is fetched and what is stored is matched with the webinar''s people again.';
