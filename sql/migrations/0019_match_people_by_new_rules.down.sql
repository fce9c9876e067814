-- Nothing to take back: what is matched once more comes out the same.
UPDATE zoom_instance_reads SET people_matched_at = '-infinity';
