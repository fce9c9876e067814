-- Who came to three instances is one person. The identity rule of link_people() goes for instances among themselves too,
-- except that a name never ties: a series has too many people of one name.
CREATE FUNCTION count_people(p_webinar_ids bigint[])
RETURNS TABLE (webinar_id bigint, attendees bigint, panelists bigint, hosts bigint)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_webinar_ids bigint[];
    v_roles integer[];
    v_left integer[];
    v_right integer[];
    v_component integer[];
BEGIN
    -- Rows with the very same keys are one node, and most people are a single one: only nodes that share a key need joining.
    -- Roles as bits: 1 attendee, 2 panelist, 4 host.
    WITH node AS MATERIALIZED (
        SELECT k.*, row_number() OVER ()::integer AS node
        FROM (
            SELECT
                p.webinar_id,
                p.registrant_id COLLATE "C" AS registrant_id,
                nullif(lower(p.email), '') COLLATE "C" AS mail,
                p.participant_user_id COLLATE "C" AS participant_user_id,
                bit_or(CASE p.role WHEN 'attendee' THEN 1 WHEN 'panelist' THEN 2 ELSE 4 END) AS roles
            FROM zoom_participants p
            WHERE p.webinar_id = ANY (p_webinar_ids) AND p.session_count > 0
                AND coalesce(p.registrant_id, nullif(p.email, ''), p.participant_user_id) IS NOT NULL
            GROUP BY 1, 2, 3, 4
        ) k
    ),
    node_key AS (
        SELECT n.webinar_id, k.kind, k.value, n.node
        FROM node n
        CROSS JOIN LATERAL (VALUES (1, n.registrant_id), (2, n.mail), (3, n.participant_user_id)) AS k (kind, value)
        WHERE k.value IS NOT NULL
    ),
    hub AS (
        SELECT min(k.node) AS node, array_agg(k.node) AS nodes
        FROM node_key k
        GROUP BY k.webinar_id, k.kind, k.value
        HAVING count(*) > 1
    ),
    edge AS (
        SELECT h.node AS hub_node, unnest(h.nodes) AS node FROM hub h
    )
    SELECT
        (SELECT array_agg(n.webinar_id ORDER BY n.node) FROM node n),
        (SELECT array_agg(n.roles ORDER BY n.node) FROM node n),
        (SELECT array_agg(e.hub_node ORDER BY e.hub_node, e.node) FROM edge e WHERE e.node <> e.hub_node),
        (SELECT array_agg(e.node ORDER BY e.hub_node, e.node) FROM edge e WHERE e.node <> e.hub_node)
    INTO v_webinar_ids, v_roles, v_left, v_right;

    v_component := connected_components(coalesce(cardinality(v_roles), 0), v_left, v_right);

    RETURN QUERY
    WITH person AS (
        SELECT n.webinar_id, bit_or(n.roles) AS roles
        FROM unnest(v_webinar_ids, v_roles, v_component) AS n (webinar_id, roles, person_no)
        GROUP BY n.webinar_id, n.person_no
        UNION ALL
        SELECT p.webinar_id, CASE p.role WHEN 'attendee' THEN 1 WHEN 'panelist' THEN 2 ELSE 4 END
        FROM zoom_participants p
        WHERE p.webinar_id = ANY (p_webinar_ids) AND p.session_count > 0
            AND coalesce(p.registrant_id, nullif(p.email, ''), p.participant_user_id) IS NULL
    )
    SELECT
        p.webinar_id,
        count(*) FILTER (WHERE p.roles & 1 <> 0),
        count(*) FILTER (WHERE p.roles & 2 <> 0),
        count(*) FILTER (WHERE p.roles & 4 <> 0)
    FROM person p
    GROUP BY p.webinar_id;
END
$$;
COMMENT ON FUNCTION count_people(bigint[]) IS 'How many distinct people were let in over all instances of each of these webinars, by role: the same person shares a registrant_id, an e-mail (in lower case) or a participant_user_id, and so on along the chain; without any, once an instance.';
