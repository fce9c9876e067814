-- What is wrong now, and nothing else: where all is well there is no row, so that a row is worth waking somebody for.
CREATE VIEW sync_alert_conditions AS
SELECT
    m.check_name AS condition,
    CASE WHEN m.value >= t.critical THEN 'critical' ELSE 'warning' END AS severity,
    m.source,
    m.connection_id,
    m.connection_name,
    m.since,
    m.value,
    t.unit,
    m.detail,
    m.action
FROM sync_health_measures m
JOIN sync_health_thresholds t ON t.check_name = m.check_name
WHERE m.value >= least(t.warning, t.critical)
ORDER BY severity, m.since, m.connection_id, condition;
COMMENT ON VIEW sync_alert_conditions IS 'What is wrong now, worst and oldest first: nothing where all is well. A run that waits for a limit is no alert. Thresholds are rows of sync_health_thresholds.';
COMMENT ON COLUMN sync_alert_conditions.condition IS 'A stable word for each kind of trouble; sync_health_thresholds describes it. open_gaps comes once for each kind of object.';
COMMENT ON COLUMN sync_alert_conditions.severity IS 'warning or critical, by the thresholds.';
COMMENT ON COLUMN sync_alert_conditions.connection_id IS 'Null, as source and connection_name, where it is about the whole installation.';
COMMENT ON COLUMN sync_alert_conditions.since IS 'When it began.';
COMMENT ON COLUMN sync_alert_conditions.value IS 'What was measured, in `unit`; higher is worse.';
COMMENT ON COLUMN sync_alert_conditions.action IS 'What to do about it, with the query or the command.';
