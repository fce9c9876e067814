"""What plpgsql_check finds in the functions: wrong columns, a missing RETURN, variables that nobody reads, injection.

It is an extension of the server, which our wheel's Postgres can't load; Debian and Ubuntu have it for theirs.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import migrate_up
from rollcall.store.migration_files import function_files, read_text
from tests.migrations.postgres_programs import installed_versions

HINT = (
    "no Postgres here has the extension plpgsql_check: on Debian and Ubuntu install the packages postgresql-N and "
    "postgresql-N-plpgsql-check, elsewhere name the programs of a server that has it in ROLLCALL_PG_BIN"
)


def has_extension(programs: Path) -> bool:
    try:
        answer = subprocess.run(
            [programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return (Path(answer.stdout.strip()) / "extension" / "plpgsql_check.control").is_file()


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A migrated database on a server that has the extension."""
    named = os.environ.get("ROLLCALL_PG_BIN")
    candidates = [*([Path(named)] if named else []), *installed_versions().values()]
    programs = next(filter(has_extension, candidates), None)
    if programs is None:
        pytest.skip(HINT)
    monkeypatch.setenv("ROLLCALL_PG_BIN", str(programs))
    server = Postgres(tmp_path / "postgres", preferred_port=0)
    try:
        server.start()
        address = server.create_database("checked")
        migrate_up(address)
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute("CREATE EXTENSION plpgsql_check SCHEMA public")
            conn.execute("SET search_path TO rollcall, public")
            yield conn
    finally:
        server.remove()


def create_temporary_tables(conn: psycopg.Connection) -> None:
    """The tables that functions make for one another, without rows."""
    statements = [
        re.sub(r"\b[pv]_\w+", "NULL", statement).replace("ON COMMIT DROP", "")
        for file in function_files()
        for statement in re.findall(r"CREATE TEMPORARY TABLE .*?;", read_text(file), re.DOTALL)
    ]
    for statement in statements:
        conn.execute(statement.encode())


def test_no_function_has_a_fault(checked: psycopg.Connection) -> None:
    create_temporary_tables(checked)
    found = checked.execute(
        """
        SELECT p.proname, x.message, x.lineno, x.detail
        FROM pg_proc p
        JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
        LEFT JOIN pg_trigger t ON t.tgfoid = p.oid
        CROSS JOIN LATERAL plpgsql_check_function_tb(
            p.oid, coalesce(t.tgrelid, 0), fatal_errors => false, extra_warnings => true,
            performance_warnings => false, security_warnings => true,
            -- What the triggers for one of its events hand to a function, the function names, whatever the event.
            oldtable => (SELECT max(o.tgoldtable) FROM pg_trigger o WHERE o.tgfoid = p.oid)
        ) x
        WHERE p.pronamespace = 'rollcall'::regnamespace
        """
    ).fetchall()
    assert found == []


def test_the_checker_is_at_work(checked: psycopg.Connection) -> None:
    checked.execute(
        "CREATE FUNCTION rollcall.faulty() RETURNS void LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM no_such_column FROM sync_runs; END'"
    )
    found = checked.execute("SELECT message FROM plpgsql_check_function_tb('faulty')").fetchall()
    assert "no_such_column" in str(found)
