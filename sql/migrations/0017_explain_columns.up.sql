-- What these columns say had grown beyond their explanations.
COMMENT ON COLUMN meetings.user_id IS 'Through whom rollcall reads the event: who it came to be known by, and when that user can no longer see it, the next who does.';
COMMENT ON COLUMN zoom_instance_reads.sync_status IS 'provisional: fewer rows than the source''s total_records, a duration of 0, or a failed run did not come to read the webinar''s people; and not yet two reads in a row that agree. Deltas read it again. complete: otherwise.';
