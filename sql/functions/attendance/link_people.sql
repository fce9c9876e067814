-- Within an instance, sessions that share a registrant_id, an e-mail (in lower case) or a participant_user_id are one
-- person, and so on along the chain. user_id is new with every join and never links. A name alone links only sessions that
-- have no other key, and only where no session of that name has one: then it may be someone else of that name.
CREATE FUNCTION link_people()
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_nodes integer;
    v_left integer[];
    v_right integer[];
    v_component integer[];
BEGIN
    UPDATE pg_temp.batch_session b SET matched_name = b.name
    WHERE b.registrant_id IS NULL AND b.mail IS NULL AND b.participant_user_id IS NULL AND b.name IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM pg_temp.batch_session k
            WHERE k.item_id = b.item_id AND k.name = b.name
                AND (k.registrant_id IS NOT NULL OR k.mail IS NOT NULL OR k.participant_user_id IS NOT NULL)
        );

    -- Sessions with the very same keys are one node from the start; most people are a single node.
    CREATE TEMPORARY TABLE batch_node ON COMMIT DROP AS
    SELECT
        dense_rank() OVER (
            ORDER BY
                b.item_id, b.registrant_id, b.mail, b.participant_user_id, b.matched_name,
                CASE WHEN coalesce(b.registrant_id, b.mail, b.participant_user_id, b.matched_name) IS NULL THEN b.session_id END
        )::integer AS node,
        b.item_id, b.session_id, b.registrant_id, b.mail, b.participant_user_id
    FROM pg_temp.batch_session b;
    SELECT max(n.node) INTO v_nodes FROM pg_temp.batch_node n;
    IF v_nodes IS NULL THEN
        DROP TABLE pg_temp.batch_node;
        RETURN;
    END IF;

    -- Each key that more than one node has ties its nodes to the smallest of them: a star, not all pairs.
    WITH node_key AS (
        SELECT n.item_id, k.kind, k.value, n.node
        FROM pg_temp.batch_node n
        CROSS JOIN LATERAL (
            VALUES (1, n.registrant_id), (2, n.mail), (3, n.participant_user_id)
        ) AS k (kind, value)
        WHERE k.value IS NOT NULL
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

    v_component := connected_components(v_nodes, v_left, v_right);

    UPDATE pg_temp.batch_session b SET person_no = c.person_no
    FROM pg_temp.batch_node n
    JOIN unnest(v_component) WITH ORDINALITY AS c (person_no, node) ON c.node = n.node
    WHERE b.item_id = n.item_id AND b.session_id = n.session_id;

    DROP TABLE pg_temp.batch_node;
END
$$;
COMMENT ON FUNCTION link_people() IS 'Number the people in pg_temp.batch_session: the identity rule, written once.';
