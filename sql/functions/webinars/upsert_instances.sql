-- One row per UUID, whichever list it was seen in. A short list (uuid and start only) fills holes; the account history and
-- the instance's own report win, and of these two the history: they count participants in two ways, and taking turns would
-- write the row in each run. A zero never replaces a number: Zoom has served empty values for good instances before.
CREATE FUNCTION upsert_instances(p_connection_id bigint, p_rows jsonb, p_is_detail boolean)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_instances bigint[];
    v_webinars bigint[];
BEGIN
    WITH given AS (
        SELECT DISTINCT ON (r.uuid) r.*, w.id AS webinar_row_id
        FROM jsonb_to_recordset(p_rows) AS r (
            zoom_webinar_id bigint, uuid text, topic text, host_email text, start_time timestamptz, end_time timestamptz,
            duration_minutes integer, participants_count integer, unique_viewers integer,
            max_concurrent_views integer, total_minutes integer
        )
        JOIN zoom_webinars w ON w.zoom_webinar_id = r.zoom_webinar_id AND w.connection_id = p_connection_id
        ORDER BY r.uuid, r.end_time DESC NULLS LAST
    ),
    merged AS (
        SELECT
            g.uuid,
            coalesce(i.webinar_id, g.webinar_row_id) AS webinar_id,
            i.id AS instance_id,
            coalesce(d.topic, i.topic, g.topic) AS topic,
            coalesce(d.host_email, i.host_email, g.host_email) AS host_email,
            coalesce(d.start_time, i.start_time, g.start_time) AS start_time,
            coalesce(d.end_time, i.end_time, g.end_time) AS end_time,
            coalesce(nullif(d.duration_minutes, 0), nullif(i.duration_minutes, 0), g.duration_minutes, i.duration_minutes) AS duration_minutes,
            coalesce(nullif(d.participants_count, 0), nullif(i.participants_count, 0), g.participants_count, i.participants_count) AS participants_count,
            coalesce(nullif(d.unique_viewers, 0), nullif(i.unique_viewers, 0), g.unique_viewers, i.unique_viewers) AS unique_viewers,
            coalesce(nullif(d.max_concurrent_views, 0), nullif(i.max_concurrent_views, 0), g.max_concurrent_views, i.max_concurrent_views) AS max_concurrent_views,
            coalesce(nullif(d.total_minutes, 0), nullif(i.total_minutes, 0), g.total_minutes, i.total_minutes) AS total_minutes
        FROM given g
        LEFT JOIN zoom_webinar_instances i ON i.connection_id = p_connection_id AND i.uuid = g.uuid
        -- Only the history states viewers.
        LEFT JOIN LATERAL (SELECT g.* WHERE p_is_detail AND (g.unique_viewers IS NOT NULL OR i.unique_viewers IS NULL)) d ON true
    ),
    written AS (
        INSERT INTO zoom_webinar_instances AS t (
            connection_id, webinar_id, uuid,
            topic, host_email, start_time, end_time, duration_minutes, participants_count, unique_viewers,
            max_concurrent_views, total_minutes
        )
        SELECT
            p_connection_id, m.webinar_id, m.uuid,
            m.topic, m.host_email, m.start_time, m.end_time, m.duration_minutes, m.participants_count,
            m.unique_viewers, m.max_concurrent_views, m.total_minutes
        FROM merged m
        LEFT JOIN zoom_webinar_instances i ON i.id = m.instance_id
        WHERE i.id IS NULL OR (
            i.topic, i.host_email, i.start_time, i.end_time, i.duration_minutes, i.participants_count,
            i.unique_viewers, i.max_concurrent_views, i.total_minutes
        ) IS DISTINCT FROM (
            m.topic, m.host_email, m.start_time, m.end_time, m.duration_minutes, m.participants_count,
            m.unique_viewers, m.max_concurrent_views, m.total_minutes
        )
        ON CONFLICT (connection_id, uuid) DO UPDATE SET
            updated_at = now(),
            topic = excluded.topic,
            host_email = excluded.host_email,
            start_time = excluded.start_time,
            end_time = excluded.end_time,
            duration_minutes = excluded.duration_minutes,
            participants_count = excluded.participants_count,
            unique_viewers = excluded.unique_viewers,
            max_concurrent_views = excluded.max_concurrent_views,
            total_minutes = excluded.total_minutes
        RETURNING t.id, t.webinar_id
    )
    SELECT array_agg(w.id), array_agg(DISTINCT w.webinar_id) INTO v_instances, v_webinars FROM written w;
    IF v_instances IS NOT NULL THEN
        -- Who stayed to the end depends on when that was.
        PERFORM drop_statistics(p_connection_id, v_webinars, v_instances);
    END IF;
    RETURN coalesce(cardinality(v_instances), 0);
END
$$;
COMMENT ON FUNCTION upsert_instances(bigint, jsonb, boolean) IS 'Store instances from a jsonb array; their webinars must be stored already. Returns the rows written: those that are new or changed.';
