-- Who belongs together along a chain (A with B, B with C) is a question of connected components. Union-find over arrays is
-- linear in practice, whatever the shape: a recursive query runs for minutes on one long chain or one shared address.
CREATE FUNCTION connected_components(p_nodes integer, p_left integer[], p_right integer[])
RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_parent integer[] := ARRAY(SELECT generate_series(1, p_nodes));
    v_left integer;
    v_right integer;
BEGIN
    FOR i IN 1 .. coalesce(cardinality(p_left), 0) LOOP
        v_left := p_left[i];
        WHILE v_parent[v_left] <> v_left LOOP
            v_parent[v_left] := v_parent[v_parent[v_left]];
            v_left := v_parent[v_left];
        END LOOP;
        v_right := p_right[i];
        WHILE v_parent[v_right] <> v_right LOOP
            v_parent[v_right] := v_parent[v_parent[v_right]];
            v_right := v_parent[v_right];
        END LOOP;
        IF v_left < v_right THEN
            v_parent[v_right] := v_left;
        ELSE
            v_parent[v_left] := v_right;
        END IF;
    END LOOP;
    -- A parent is never larger than its child, so one pass upwards makes every entry a root.
    FOR i IN 1 .. p_nodes LOOP
        v_parent[i] := v_parent[v_parent[i]];
    END LOOP;
    RETURN v_parent;
END
$$;
COMMENT ON FUNCTION connected_components(integer, integer[], integer[]) IS 'Nodes 1..p_nodes and edges p_left[i] - p_right[i]: for each node, the smallest node of its component.';
