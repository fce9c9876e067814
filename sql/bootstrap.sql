-- What must stand before the first migration: roles, the schema, the ledger. Safe to run again.

DO $$
DECLARE
    v_role text;
    -- Since 16 whoever creates a role administers it but may not yet act as it; before, a member may.
    v_may_act text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['rollcall_owner', 'rollcall_writer', 'rollcall_reader', 'rollcall_monitor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this cluster was set up at the same moment
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'rollcall_owner', v_may_act) THEN
        EXECUTE format('GRANT rollcall_owner TO %I', current_user);
    END IF;
    -- Asked first: IF NOT EXISTS would still demand the right to create schemas from whoever only upgrades.
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'rollcall') THEN
        IF current_setting('server_encoding') <> 'UTF8' THEN
            RAISE 'The database''s encoding is %, which has no room for every name: create it with ENCODING ''UTF8'' TEMPLATE template0, then migrate that.', current_setting('server_encoding');
        END IF;
        CREATE SCHEMA rollcall AUTHORIZATION rollcall_owner;
    END IF;
    -- A schema that its owner may not use is passed over in search paths: all would land among temporary tables.
    IF NOT (has_schema_privilege('rollcall_owner', 'rollcall', 'USAGE') AND has_schema_privilege('rollcall_owner', 'rollcall', 'CREATE')) THEN
        RAISE 'The schema rollcall belongs to %, and rollcall_owner may not use it, as after a restore without owners: restore again once the roles rollcall_owner, _writer, _reader and _monitor are there, without --no-owner.',
            (SELECT n.nspowner::regrole FROM pg_namespace n WHERE n.nspname = 'rollcall');
    END IF;
END
$$;

-- From here on the owner acts, so that everything is its own.
SET LOCAL ROLE rollcall_owner;
SET LOCAL search_path TO rollcall, pg_temp;

CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_migrations IS 'Which migrations were applied, with the checksum of each file as it was.';

CREATE TABLE IF NOT EXISTS schema_code (
    only_row boolean PRIMARY KEY DEFAULT true,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_only CHECK (only_row)
);
COMMENT ON TABLE schema_code IS 'Checksum over all function, view and role files as last applied: any change rebuilds them whole.';
