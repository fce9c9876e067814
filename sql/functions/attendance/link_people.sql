-- Within an instance, sessions that share a registrant_id, an e-mail (in lower case) or a participant_user_id are one
-- person, and so on along the chain. user_id is new with every join and never links. A name alone links only sessions that
-- have no other key, and only where no session of that name has one: then it may be someone else of that name.
CREATE FUNCTION link_people()
RETURNS integer[]
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_left integer[];
    v_right integer[];
BEGIN
    -- Sessions with the very same keys are one node from the start; most people are a single node.
    CREATE TEMPORARY TABLE batch_session ON COMMIT DROP AS
    WITH nameless AS (
        SELECT DISTINCT b.item_id, b.name
        FROM pg_temp.batch_row b
        WHERE b.name IS NOT NULL AND coalesce(b.registrant_id, b.mail, b.participant_user_id) IS NULL
    ),
    taken AS MATERIALIZED (
        SELECT DISTINCT n.item_id, n.name
        FROM nameless n
        JOIN pg_temp.batch_row b ON b.item_id = n.item_id AND b.name = n.name
        WHERE coalesce(b.registrant_id, b.mail, b.participant_user_id) IS NOT NULL
    ),
    keyed AS (
        SELECT
            b.*,
            CASE WHEN coalesce(b.registrant_id, b.mail, b.participant_user_id, t.name) IS NULL THEN b.name END AS matched_name
        FROM pg_temp.batch_row b
        LEFT JOIN taken t ON t.item_id = b.item_id AND t.name = b.name
    )
    SELECT k.*, dense_rank() OVER by_keys AS node, row_number() OVER by_keys = rank() OVER by_keys AS is_first_of_node
    FROM keyed k
    WINDOW by_keys AS (
        ORDER BY
            k.item_id, k.registrant_id, k.mail, k.participant_user_id, k.matched_name,
            CASE WHEN coalesce(k.registrant_id, k.mail, k.participant_user_id, k.matched_name) IS NULL THEN k.session_id END
    );
    ANALYZE pg_temp.batch_session (item_id, node);

    -- Each key that more than one node has ties its nodes to the smallest of them: a star, not all pairs.
    WITH node_key AS MATERIALIZED (
        SELECT n.item_id, k.kind, k.value, n.node
        FROM pg_temp.batch_session n
        CROSS JOIN LATERAL (
            VALUES (1, n.registrant_id), (2, n.mail), (3, n.participant_user_id)
        ) AS k (kind, value)
        WHERE n.is_first_of_node AND k.value IS NOT NULL
    ),
    hub AS (
        SELECT k.item_id, k.kind, k.value, min(k.node) AS node
        FROM node_key k
        GROUP BY k.item_id, k.kind, k.value
        HAVING min(k.node) <> max(k.node)
    ),
    edge AS (
        SELECT DISTINCT h.node AS hub_node, k.node
        FROM hub h
        JOIN node_key k ON k.item_id = h.item_id AND k.kind = h.kind AND k.value = h.value
        WHERE k.node <> h.node
    )
    SELECT array_agg(e.hub_node), array_agg(e.node) INTO v_left, v_right FROM edge e;

    DROP TABLE pg_temp.batch_row;
    RETURN connected_components(coalesce((SELECT max(b.node) FROM pg_temp.batch_session b), 0)::integer, v_left, v_right);
END
$$;
COMMENT ON FUNCTION link_people() IS 'The identity rule, written once. Makes pg_temp.batch_session of pg_temp.batch_row, with sessions of the same keys numbered as one node; returns the number of the person of each node.';
