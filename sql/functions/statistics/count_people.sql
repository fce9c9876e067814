-- Who came to three instances is one person. The identity rule of link_people() goes for instances among themselves too,
-- except that a name never ties: a series has too many people of one name.
CREATE FUNCTION count_people(p_webinar_ids bigint[])
RETURNS TABLE (webinar_id bigint, attendees bigint, panelists bigint, hosts bigint, registrants bigint)
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
    v_registered_ids bigint[];
    v_registrants bigint[];
BEGIN
    -- Rows with the very same keys are one node, and most people are a single one: only nodes that share a key need joining.
    -- Roles as bits: 1 attendee, 2 panelist, 4 host.
    WITH node AS MATERIALIZED (
        SELECT k.*, row_number() OVER ()::integer AS node
        FROM (
            SELECT
                p.webinar_id,
                p.registrant_id COLLATE "C" AS registrant_id,
                nullif(lower(p.email COLLATE "C"), '') AS mail,
                p.participant_user_id COLLATE "C" AS participant_user_id,
                bit_or(CASE p.role WHEN 'attendee' THEN 1 WHEN 'panelist' THEN 2 ELSE 4 END) AS roles
            FROM zoom_participants p
            WHERE p.webinar_id = ANY (p_webinar_ids) AND p.session_count > 0
                AND coalesce(p.registrant_id, nullif(p.email, ''), p.participant_user_id) IS NOT NULL
            GROUP BY 1, 2, 3, 4
        ) k
    ),
    node_key AS (
        SELECT n.webinar_id, 1 AS kind, n.registrant_id AS value, n.node FROM node n WHERE n.registrant_id IS NOT NULL
        UNION ALL
        SELECT n.webinar_id, 2, n.mail, n.node FROM node n WHERE n.mail IS NOT NULL
        UNION ALL
        SELECT n.webinar_id, 3, n.participant_user_id, n.node FROM node n WHERE n.participant_user_id IS NOT NULL
    ),
    hub AS (
        SELECT min(k.node) AS node, array_agg(k.node) AS nodes
        FROM node_key k
        GROUP BY k.webinar_id, k.kind, k.value
        HAVING count(*) > 1
    ),
    edge AS (
        SELECT h.node AS hub_node, unnest(h.nodes) AS node FROM hub h
    ),
    registrant AS MATERIALIZED (
        SELECT r.id, r.webinar_id, r.registrant_id COLLATE "C" AS registrant_id, nullif(lower(r.email COLLATE "C"), '') AS mail
        FROM zoom_registrants r
        WHERE r.webinar_id = ANY (p_webinar_ids) AND r.status = 'approved'
    ),
    came AS (
        SELECT c.webinar_id, count(*) AS registrants
        FROM (
            SELECT r.id, r.webinar_id
            FROM registrant r
            WHERE (r.webinar_id, r.registrant_id) IN (SELECT n.webinar_id, n.registrant_id FROM node n WHERE n.registrant_id IS NOT NULL)
            UNION
            SELECT r.id, r.webinar_id
            FROM registrant r
            WHERE (r.webinar_id, r.mail) IN (SELECT n.webinar_id, n.mail FROM node n WHERE n.mail IS NOT NULL)
        ) c
        GROUP BY c.webinar_id
    )
    SELECT n.webinar_ids, n.roles, e.hub_nodes, e.nodes, c.webinar_ids, c.registrants
    INTO v_webinar_ids, v_roles, v_left, v_right, v_registered_ids, v_registrants
    FROM (SELECT array_agg(n.webinar_id ORDER BY n.node) AS webinar_ids, array_agg(n.roles ORDER BY n.node) AS roles FROM node n) n,
        (SELECT array_agg(e.hub_node) AS hub_nodes, array_agg(e.node) AS nodes FROM edge e WHERE e.node <> e.hub_node) e,
        (SELECT array_agg(c.webinar_id) AS webinar_ids, array_agg(c.registrants) AS registrants FROM came c) c;

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
    SELECT p.webinar_id, p.attendees, p.panelists, p.hosts, coalesce(c.registrants, 0)
    FROM (
        SELECT
            p.webinar_id,
            count(*) FILTER (WHERE p.roles & 1 <> 0) AS attendees,
            count(*) FILTER (WHERE p.roles & 2 <> 0) AS panelists,
            count(*) FILTER (WHERE p.roles & 4 <> 0) AS hosts
        FROM person p
        GROUP BY p.webinar_id
    ) p
    LEFT JOIN unnest(v_registered_ids, v_registrants) AS c (webinar_id, registrants) ON c.webinar_id = p.webinar_id;
END
$$;
COMMENT ON FUNCTION count_people(bigint[]) IS 'How many distinct people were let in over all instances of each of these webinars, by role: the same person shares a registrant_id, an e-mail (in lower case) or a participant_user_id, and so on along the chain; without any, once an instance. registrants: approved registrants among them, found by registrant_id or e-mail.';
