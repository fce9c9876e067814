-- An exporter's counters must never go down, and rows of sync_runs do go: so each end is counted once, when it happens.
-- With the owner's rights: whoever may end a run need not be let at the counters for it.
CREATE FUNCTION count_ended_run()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.finished_at IS NOT NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO sync_run_totals AS t (source, connection_id, status, runs, rows_fetched, pages_fetched)
    VALUES (NEW.source, NEW.connection_id, NEW.status, 1, NEW.rows_fetched, NEW.pages_fetched)
    ON CONFLICT (source, connection_id, status) DO UPDATE SET
        runs = t.runs + 1,
        rows_fetched = t.rows_fetched + excluded.rows_fetched,
        pages_fetched = t.pages_fetched + excluded.pages_fetched;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION count_ended_run() IS 'Trigger: adds a run that has just ended to sync_run_totals.';
