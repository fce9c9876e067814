-- Where a number differs from Zoom's, a person wants to see which webinar that was and why, without joining five tables.
CREATE VIEW sync_reconciliation AS
SELECT
    c.source,
    i.connection_id,
    c.name AS connection_name,
    i.webinar_id,
    w.zoom_webinar_id,
    coalesce(i.topic, w.topic) AS topic,
    r.instance_id,
    i.uuid,
    i.start_time,
    r.measure,
    r.ours,
    r.theirs,
    r.difference,
    r.verdict,
    r.meaning,
    r.run_id,
    r.checked_at
FROM zoom_instance_reconciliation r
JOIN zoom_webinar_instances i ON i.id = r.instance_id
JOIN zoom_webinars w ON w.id = i.webinar_id
JOIN sync_connections c ON c.source = 'zoom' AND c.connection_id = i.connection_id;
COMMENT ON VIEW sync_reconciliation IS 'Our numbers beside the source''s own, per instance and measure, and what each difference means. No name, no e-mail.';
COMMENT ON COLUMN sync_reconciliation.measure IS 'rows (of the participant list), people (against Zoom''s participants_count), unique_viewers, minutes.';
COMMENT ON COLUMN sync_reconciliation.difference IS 'ours - theirs; null where the source gives no number.';
COMMENT ON COLUMN sync_reconciliation.verdict IS 'agrees; explained (they count differently, as meaning says, and the difference is of that kind); differs (worth a look); not_stated.';
COMMENT ON COLUMN sync_reconciliation.run_id IS 'The run in which the numbers were last found to have changed.';
