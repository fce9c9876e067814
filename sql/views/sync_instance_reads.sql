-- How the reads of each instance went, without anything about who was in it: what a report to a DBA may show.
CREATE VIEW sync_instance_reads AS
SELECT
    'zoom'::text AS source,
    i.connection_id,
    i.id AS instance_id,
    i.uuid,
    i.end_time,
    r.sync_status,
    r.provisional_since,
    r.attendance_source,
    r.rows_read,
    r.rows_distinct,
    r.total_records,
    r.reads,
    r.last_read_at,
    r.last_run_id,
    r.fetch_seconds
FROM zoom_instance_reads r
JOIN zoom_webinar_instances i ON i.id = r.instance_id;
COMMENT ON VIEW sync_instance_reads IS 'What the last read of each instance found and how long it took; nothing about people.';
COMMENT ON COLUMN sync_instance_reads.sync_status IS 'provisional: the report was not whole, or a failed run did not come to read the webinar''s people, and no two reads agree yet; complete: otherwise.';
COMMENT ON COLUMN sync_instance_reads.rows_read IS 'Rows that the source served, repeated ones included; rows_distinct: without them; total_records: as the source stated.';
COMMENT ON COLUMN sync_instance_reads.fetch_seconds IS 'From the first lease of the list to its last page, waits for limits included.';
