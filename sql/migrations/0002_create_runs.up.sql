-- Runs, what they say while they work, and where each connection stands.

CREATE TABLE sync_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    source text NOT NULL DEFAULT 'zoom',
    mode text NOT NULL,
    window_from timestamptz,
    window_to timestamptz,
    webinar_ids bigint[],
    fetch_workers integer NOT NULL DEFAULT 4,
    airflow_dag_id text,
    airflow_run_id text,
    status text NOT NULL DEFAULT 'running',
    current_phase text NOT NULL DEFAULT 'discover',
    progress_percentage numeric(5, 2) NOT NULL DEFAULT 0,
    message text,
    waiting_until timestamptz,
    waiting_reason text,
    webinars_found integer NOT NULL DEFAULT 0,
    instances_found integer NOT NULL DEFAULT 0,
    instances_queued integer NOT NULL DEFAULT 0,
    instances_done integer NOT NULL DEFAULT 0,
    items_queued integer NOT NULL DEFAULT 0,
    items_done integer NOT NULL DEFAULT 0,
    pages_fetched integer NOT NULL DEFAULT 0,
    rows_fetched bigint NOT NULL DEFAULT 0,
    rows_expected bigint NOT NULL DEFAULT 0,
    rows_duplicate bigint NOT NULL DEFAULT 0,
    rows_rejected bigint NOT NULL DEFAULT 0,
    rows_kept_back bigint NOT NULL DEFAULT 0,
    sessions_inserted bigint NOT NULL DEFAULT 0,
    sessions_updated bigint NOT NULL DEFAULT 0,
    sessions_unchanged bigint NOT NULL DEFAULT 0,
    participants_inserted bigint NOT NULL DEFAULT 0,
    participants_updated bigint NOT NULL DEFAULT 0,
    participants_unchanged bigint NOT NULL DEFAULT 0,
    gaps integer NOT NULL DEFAULT 0,
    provisional integer NOT NULL DEFAULT 0,
    errors integer NOT NULL DEFAULT 0,
    error_kind text,
    error_message text,
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    estimated_end_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT source_is_known CHECK (source IN ('zoom')),
    CONSTRAINT mode_is_known CHECK (mode IN ('full', 'delta', 'date_range', 'webinars')),
    CONSTRAINT status_is_known
        CHECK (status IN ('running', 'waiting', 'completed', 'completed_with_gaps', 'failed', 'cancelled')),
    CONSTRAINT phase_is_known CHECK (current_phase IN ('discover', 'fetch', 'sessionize', 'upsert', 'finish')),
    CONSTRAINT progress_is_a_percentage CHECK (progress_percentage BETWEEN 0 AND 100),
    CONSTRAINT ended_runs_have_an_end CHECK ((status IN ('running', 'waiting')) = (finished_at IS NULL)),
    CONSTRAINT window_is_forward CHECK (window_from < window_to)
);
CREATE UNIQUE INDEX sync_runs_one_active_per_connection ON sync_runs (connection_id)
    WHERE status IN ('running', 'waiting');
CREATE UNIQUE INDEX sync_runs_airflow_run ON sync_runs (airflow_dag_id, airflow_run_id);
CREATE INDEX sync_runs_by_connection ON sync_runs (connection_id, started_at DESC);
COMMENT ON TABLE sync_runs IS 'One row per run that a person started: what was asked, how far it is, how it ended.';
COMMENT ON COLUMN sync_runs.status IS 'running; waiting (for a limit, until waiting_until); completed; completed_with_gaps (all done, but the source refused something); failed; cancelled (a person stopped it).';
COMMENT ON COLUMN sync_runs.progress_percentage IS '0 to 100, never backwards.';
COMMENT ON COLUMN sync_runs.message IS 'What the run is doing now, as a sentence.';
COMMENT ON COLUMN sync_runs.rows_fetched IS 'Participant rows staged, duplicates included. Equals duplicate + rejected + kept back + sessions inserted, updated and unchanged, or the run is not a success.';
COMMENT ON COLUMN sync_runs.rows_kept_back IS 'Rows read from a weaker endpoint than the one the instance already came from: the stored rows stay as they are.';
COMMENT ON COLUMN sync_runs.rows_expected IS 'Sum of the total_records that the source stated for the lists read so far.';
COMMENT ON COLUMN sync_runs.gaps IS 'Things in this run''s scope that the source would not serve and that a person may want to know of.';
COMMENT ON COLUMN sync_runs.heartbeat_at IS 'Last sign of life of any task of this run.';

CREATE TABLE sync_progress_updates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    phase text NOT NULL,
    progress_percentage numeric(5, 2) NOT NULL,
    message text NOT NULL
);
CREATE INDEX sync_progress_updates_by_run ON sync_progress_updates (run_id, id);
COMMENT ON TABLE sync_progress_updates IS 'The activity log of each run, in sentences, without personal data.';

CREATE TABLE sync_error_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
    kind text NOT NULL,
    code text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    message text NOT NULL,
    context jsonb NOT NULL DEFAULT '{}',
    occurrences integer NOT NULL DEFAULT 1,
    first_seen_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    CONSTRAINT one_row_per_error UNIQUE (run_id, kind, code, subject),
    CONSTRAINT kind_is_known
        CHECK (kind IN ('rate_limit', 'network_error', 'server_error', 'auth_error', 'data_error', 'internal_error'))
);
COMMENT ON TABLE sync_error_logs IS 'Each error of a run once, with how often it came. Never a response body, a token or anything about a person.';
COMMENT ON COLUMN sync_error_logs.subject IS 'What it was about: an instance uuid, a webinar id, a list; never a person.';

CREATE TABLE sync_state (
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    resource text NOT NULL,
    mark_at timestamptz NOT NULL,
    run_id bigint,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, resource)
);
COMMENT ON TABLE sync_state IS 'Marks: everything that ended before mark_at has been read by a run that completed.';

CREATE TABLE sync_gaps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES zoom_connections (id),
    object_kind text NOT NULL,
    object_key text NOT NULL,
    http_status integer,
    code integer,
    reason text NOT NULL,
    is_expected boolean NOT NULL DEFAULT false,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_run_id bigint,
    times_seen integer NOT NULL DEFAULT 1,
    recheck_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT one_row_per_object UNIQUE (connection_id, object_kind, object_key),
    CONSTRAINT object_kind_is_known
        CHECK (object_kind IN ('history', 'host', 'webinar', 'registrants', 'panelists', 'instances', 'participants'))
);
COMMENT ON TABLE sync_gaps IS 'What the source would not serve: which list, of what, why, and when to look again.';
COMMENT ON COLUMN sync_gaps.object_key IS 'Instance uuid, webinar id, host id, month or list; never an e-mail.';
COMMENT ON COLUMN sync_gaps.is_expected IS 'True for what happens to every webinar in time, like the expiry of its id: it does not make a run one with gaps.';
COMMENT ON COLUMN sync_gaps.recheck_at IS 'When the next delta asks again; null: never, the source said so for good.';
COMMENT ON COLUMN sync_gaps.closed_at IS 'When a later read succeeded after all.';
