-- However a run ends, and by whoever's hand, its end is counted.
CREATE TRIGGER count_ended_run
AFTER INSERT OR UPDATE OF finished_at ON sync_runs
FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL)
EXECUTE FUNCTION count_ended_run();
