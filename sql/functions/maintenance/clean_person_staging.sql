-- People on their way to the tables: personal data that nobody needs once its list is gone.
CREATE FUNCTION clean_person_staging(
    p_before timestamptz, p_dry_run boolean, p_max_rows bigint, OUT rows_found bigint, OUT rows_deleted bigint
)
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
AS $$
    WITH old AS MATERIALIZED (
        SELECT s.ctid AS place
        FROM zoom_person_staging s
        WHERE NOT EXISTS (SELECT FROM find_kept_items(p_before, p_dry_run) AS k (id) WHERE k.id = s.item_id)
    ),
    taken AS (
        SELECT s.ctid AS place
        FROM zoom_person_staging s
        WHERE NOT p_dry_run AND s.ctid IN (SELECT o.place FROM old o)
        LIMIT p_max_rows
        FOR UPDATE SKIP LOCKED
    ),
    deleted AS (
        DELETE FROM zoom_person_staging s USING taken WHERE s.ctid = taken.place RETURNING 1
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM deleted)
$$;
COMMENT ON FUNCTION clean_person_staging(timestamptz, boolean, bigint) IS 'Delete staged rows whose list is gone; in a dry run also those whose list would be. rows_found: all of them; rows_deleted: at most p_max_rows (null: all), those excepted that somebody else has locked.';
