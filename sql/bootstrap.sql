-- What must stand before the first migration: roles, the schema, the ledger. Safe to run again.

DO $$
DECLARE
    v_role text;
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
    -- The owner creates everything, so whoever migrates must be able to act as the owner.
    IF NOT pg_has_role(current_user, 'rollcall_owner', 'MEMBER') THEN
        EXECUTE format('GRANT rollcall_owner TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS rollcall AUTHORIZATION rollcall_owner;

CREATE TABLE IF NOT EXISTS rollcall.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE rollcall.schema_migrations OWNER TO rollcall_owner;
COMMENT ON TABLE rollcall.schema_migrations IS 'Which migrations were applied, with the checksum of each file as it was.';

CREATE TABLE IF NOT EXISTS rollcall.schema_code (
    only_row boolean PRIMARY KEY DEFAULT true,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_row_only CHECK (only_row)
);
ALTER TABLE rollcall.schema_code OWNER TO rollcall_owner;
COMMENT ON TABLE rollcall.schema_code IS 'Checksum over all function, view and role files as last applied: any change rebuilds them whole.';
