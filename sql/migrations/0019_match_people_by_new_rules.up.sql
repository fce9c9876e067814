-- Since 0018 a host who joined with a second account is the host all the same, and e-mails are compared alike in every database.
-- Lists that did not change would not be matched by that: the next run of each connection does so, from what is stored.
UPDATE zoom_instance_reads SET people_matched_at = '-infinity';
