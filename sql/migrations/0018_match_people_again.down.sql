COMMENT ON COLUMN webinar_sync_queue.variant IS 'For registrants: the status that the list is filtered by.';
COMMENT ON TABLE zoom_people_changes IS 'When the registrants, the panelists, the host or the instances of a webinar were last written: attendance read before that may mean other people now.';
ALTER TABLE zoom_people_changes DROP COLUMN roles_changed_at;
ALTER TABLE zoom_instance_reads DROP COLUMN people_matched_at;
