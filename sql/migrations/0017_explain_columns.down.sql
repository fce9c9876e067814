COMMENT ON COLUMN meetings.user_id IS 'Through whom rollcall came to know the event first.';
COMMENT ON COLUMN zoom_instance_reads.sync_status IS 'provisional: fewer rows than the source''s total_records, or a duration of 0, and not yet two reads in a row that agree; deltas read it again. complete: otherwise.';
