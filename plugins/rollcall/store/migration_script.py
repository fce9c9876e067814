"""The whole schema as one file for psql, for places where only a DBA's own tools may touch the database."""

from __future__ import annotations

from pathlib import Path

from rollcall.store.migrate import LOCK_KEY
from rollcall.store.migration_files import (
    SQL_DIR,
    code_checksum,
    code_files,
    read_migrations,
    read_text,
)

_HEAD = f"""\
-- rollcall's schema for an empty database: psql --file=rollcall.sql "the address of its owner"
-- It stops at the first error and has changed nothing then. Upgrades go through `rollcall migrate up`.
\\set ON_ERROR_STOP on
SET client_encoding TO 'UTF8';
SET standard_conforming_strings TO on;
BEGIN;
SET LOCAL client_min_messages TO warning;
SELECT pg_advisory_xact_lock({LOCK_KEY});
"""

_REFUSE_IF_USED = """\
DO $$
BEGIN
    IF EXISTS (SELECT FROM schema_migrations) THEN
        RAISE 'This database has rollcall''s schema already: `rollcall migrate up` brings it up to date.';
    END IF;
END
$$;
"""


def migration_script(sql_dir: Path = SQL_DIR) -> str:
    """Everything that `migrate_up` would do on an empty database, passwords left out, in one transaction."""
    parts = [_HEAD, read_text(sql_dir / "bootstrap.sql"), _REFUSE_IF_USED]
    for migration in read_migrations(sql_dir):
        parts += [
            f"-- {migration.title}",
            migration.up,
            "INSERT INTO schema_migrations (version, name, checksum)"  # noqa: S608 - our own files
            f" VALUES ({migration.version}, '{migration.name}', '{migration.checksum}');",
        ]
    parts.append("SET LOCAL check_function_bodies = off;")
    parts += [read_text(file) for file in code_files(sql_dir)]
    parts.append(f"INSERT INTO schema_code (checksum) VALUES ('{code_checksum(sql_dir)}');")  # noqa: S608
    parts += [read_text(sql_dir / "roles.sql"), "COMMIT;"]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)
