ALTER TABLE zoom_session_staging RENAME TO zoom_session_staging_by_list;
ALTER TABLE zoom_session_staging_by_list RENAME CONSTRAINT zoom_session_staging_pkey TO zoom_session_staging_by_list_pkey;

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

INSERT INTO zoom_session_staging (item_id, list_no, row_no, session_id, person_no, is_superseded)
SELECT l.item_id, CASE WHEN s.row_no IS NOT NULL THEN q.list_no END, s.row_no, s.session_id, s.person_no, s.is_superseded
FROM zoom_session_staging_by_list l
JOIN webinar_sync_queue q ON q.id = l.item_id
CROSS JOIN LATERAL unnest(l.session_ids, l.row_nos, l.person_nos, l.are_superseded) AS s (session_id, row_no, person_no, is_superseded);
DROP TABLE zoom_session_staging_by_list;
