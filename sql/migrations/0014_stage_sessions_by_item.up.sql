-- One row with arrays for each list instead of one row for each session: a hundredth of the writing for what is read once.

-- Only our own functions use it, and they are rebuilt in the same transaction.
-- squawk-ignore renaming-table
ALTER TABLE zoom_session_staging RENAME TO zoom_session_staging_by_row;
DROP INDEX zoom_session_staging_by_item;

CREATE TABLE zoom_session_staging (
    item_id bigint PRIMARY KEY,
    session_ids uuid[] NOT NULL,
    row_nos integer[] NOT NULL,
    person_nos integer[] NOT NULL,
    are_superseded boolean[] NOT NULL,
    CONSTRAINT arrays_are_parallel CHECK (
        cardinality(session_ids) = cardinality(row_nos) AND cardinality(row_nos) = cardinality(person_nos)
        AND cardinality(person_nos) = cardinality(are_superseded)
    )
);
-- Random ids do not compress; trying costs more than writing them.
ALTER TABLE zoom_session_staging
    ALTER COLUMN session_ids SET STORAGE EXTERNAL, ALTER COLUMN row_nos SET STORAGE EXTERNAL,
    ALTER COLUMN person_nos SET STORAGE EXTERNAL;
COMMENT ON TABLE zoom_session_staging IS 'Result of sessionize: which distinct session of a list is whose. The n-th elements of all arrays belong together.';
COMMENT ON COLUMN zoom_session_staging.row_nos IS 'Of the row in zoom_participant_staging; null for a session that an earlier run stored and this one was not served.';
COMMENT ON COLUMN zoom_session_staging.are_superseded IS 'A better endpoint took over, and did not serve the session.';

INSERT INTO zoom_session_staging (item_id, session_ids, row_nos, person_nos, are_superseded)
SELECT s.item_id, array_agg(s.session_id), array_agg(s.row_no), array_agg(s.person_no), array_agg(s.is_superseded)
FROM zoom_session_staging_by_row s
GROUP BY s.item_id;
-- squawk-ignore ban-drop-table
DROP TABLE zoom_session_staging_by_row;
