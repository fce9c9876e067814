-- Work to do, who does it, and rows on their way.

CREATE SEQUENCE webinar_sync_fencing_tokens;

CREATE TABLE webinar_sync_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
    kind text NOT NULL,
    variant text NOT NULL DEFAULT '',
    webinar_id bigint NOT NULL REFERENCES zoom_webinars (id),
    instance_id bigint REFERENCES zoom_webinar_instances (id),
    status text NOT NULL DEFAULT 'queued',
    worker text,
    fencing_token bigint,
    lease_expires_at timestamptz,
    heartbeat_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    priority smallint NOT NULL DEFAULT 0,
    list_source text,
    list_no integer NOT NULL DEFAULT 0,
    next_page_token text NOT NULL DEFAULT '',
    pages integer NOT NULL DEFAULT 0,
    rows_fetched integer NOT NULL DEFAULT 0,
    total_records integer,
    rows_distinct integer,
    digest bigint,
    longest_duration integer,
    has_merged_people boolean NOT NULL DEFAULT false,
    rows_duplicate integer NOT NULL DEFAULT 0,
    rows_rejected integer NOT NULL DEFAULT 0,
    rows_kept_back integer NOT NULL DEFAULT 0,
    sessions_inserted integer NOT NULL DEFAULT 0,
    sessions_updated integer NOT NULL DEFAULT 0,
    sessions_unchanged integer NOT NULL DEFAULT 0,
    participants_inserted integer NOT NULL DEFAULT 0,
    participants_updated integer NOT NULL DEFAULT 0,
    participants_unchanged integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_item_per_list UNIQUE NULLS NOT DISTINCT (run_id, kind, variant, webinar_id, instance_id),
    CONSTRAINT kind_is_known CHECK (kind IN ('webinar', 'registrants', 'panelists', 'participants')),
    CONSTRAINT participants_hang_on_an_instance CHECK ((kind = 'participants') = (instance_id IS NOT NULL)),
    CONSTRAINT status_is_known
        CHECK (status IN ('queued', 'leased', 'fetched', 'sessionized', 'done', 'gap', 'failed', 'abandoned')),
    CONSTRAINT leases_are_whole
        CHECK ((status = 'leased') = (worker IS NOT NULL AND fencing_token IS NOT NULL AND lease_expires_at IS NOT NULL)),
    CONSTRAINT list_source_is_known CHECK (list_source IN ('report', 'past_webinars'))
);
-- Partial, so that a lease is one look-up however many items a run has and however many runs are kept.
CREATE INDEX webinar_sync_queue_to_fetch ON webinar_sync_queue (run_id, priority, id) WHERE status IN ('queued', 'leased');
CREATE INDEX webinar_sync_queue_staged ON webinar_sync_queue (run_id, status, id)
    WHERE status IN ('fetched', 'sessionized', 'abandoned');
COMMENT ON TABLE webinar_sync_queue IS 'One row per list to fetch in a run. Workers take rows under a lease; a page''s rows and its mark change in one transaction.';
COMMENT ON COLUMN webinar_sync_queue.variant IS 'For registrants: the status that the list is filtered by.';
COMMENT ON COLUMN webinar_sync_queue.status IS 'queued, leased, fetched (all pages are staged), sessionized, done, gap (the source would not serve it), failed (tried, did not work), abandoned (the run ended first).';
COMMENT ON COLUMN webinar_sync_queue.priority IS 'Lower goes first: a webinar''s settings and people before the attendance that is matched with them.';
COMMENT ON COLUMN webinar_sync_queue.fencing_token IS 'Grows with every lease: a worker that wakes up after its lease went on holds an old one and can''t write.';
COMMENT ON COLUMN webinar_sync_queue.list_no IS 'Grows when a list starts again from its first page; staged rows of earlier starts are ignored.';
COMMENT ON COLUMN webinar_sync_queue.digest IS 'Of the distinct rows read, for the comparison with the read before.';
COMMENT ON COLUMN webinar_sync_queue.has_merged_people IS 'A late row showed that two stored people are one.';
COMMENT ON COLUMN webinar_sync_queue.next_page_token IS 'Where to go on; empty: at the first page.';

CREATE TABLE zoom_participant_staging (
    item_id bigint NOT NULL,
    list_no integer NOT NULL,
    row_no integer NOT NULL,
    user_id text,
    participant_user_id text,
    registrant_id text,
    customer_key text,
    name text,
    email text,
    join_time timestamptz,
    leave_time timestamptz,
    duration integer,
    status text,
    failover boolean,
    internal_user boolean,
    bo_mtg_id text,
    other_fields jsonb,
    marks text[],
    PRIMARY KEY (item_id, list_no, row_no)
);
COMMENT ON TABLE zoom_participant_staging IS 'Participant rows as they came, page by page, until their instance is upserted.';

CREATE TABLE zoom_session_staging (
    item_id bigint NOT NULL,
    list_no integer,
    row_no integer,
    session_id uuid NOT NULL,
    person_no integer NOT NULL,
    is_superseded boolean NOT NULL DEFAULT false
);
CREATE INDEX zoom_session_staging_by_item ON zoom_session_staging (item_id);
COMMENT ON TABLE zoom_session_staging IS 'Result of sessionize: which distinct session is whose. Row numbers point into zoom_participant_staging; they are null for sessions that an earlier run stored.';

CREATE TABLE zoom_person_staging (
    item_id bigint NOT NULL,
    person_no integer NOT NULL,
    participant_id bigint,
    participant_uuid uuid NOT NULL,
    participant_name text,
    email text,
    registrant_id text,
    participant_user_id text,
    role text NOT NULL,
    matched_by text NOT NULL,
    session_count integer NOT NULL,
    total_duration bigint NOT NULL,
    attended_seconds bigint NOT NULL,
    first_join_time timestamptz,
    last_leave_time timestamptz,
    PRIMARY KEY (item_id, person_no)
);
COMMENT ON TABLE zoom_person_staging IS 'Result of sessionize: the people of an instance with their totals, ready to be upserted.';
