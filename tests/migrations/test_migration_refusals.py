"""A migration that can't be trusted is refused, and one that fails leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from rollcall.errors import SetupError
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import check_schema, migrate_down, migrate_up, verify
from rollcall.store.migration_files import read_migrations
from tests.migrations.postgres_programs import dump
from tests.migrations.single_statements import execute


def test_an_edited_migration_is_refused(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    edited = sql_dir / "migrations" / "0002_create_runs.up.sql"
    edited.write_text(edited.read_text(encoding="utf-8") + "-- one more word\n", encoding="utf-8")
    with pytest.raises(SetupError, match=r"0002_create_runs\.up\.sql was edited after it was applied"):
        migrate_up(empty_database, sql_dir=sql_dir)
    with (
        psycopg.connect(empty_database) as conn,
        pytest.raises(SetupError, match=r"0002_create_runs\.up\.sql was edited"),
    ):
        verify(conn, sql_dir)


def test_a_newer_database_is_refused(empty_database: str) -> None:
    migrate_up(empty_database)
    execute(
        empty_database,
        "INSERT INTO rollcall.schema_migrations SELECT max(version) + 1, 'x', 'x' FROM rollcall.schema_migrations",
    )
    with pytest.raises(SetupError, match="update rollcall"):
        migrate_up(empty_database)
    with psycopg.connect(empty_database) as conn, pytest.raises(SetupError, match="update rollcall"):
        check_schema(conn)


def test_functions_of_another_checkout_are_told_apart_from_missing_migrations(empty_database: str) -> None:
    migrate_up(empty_database)
    execute(empty_database, "UPDATE rollcall.schema_code SET checksum = 'another'")
    with psycopg.connect(empty_database) as conn, pytest.raises(SetupError) as refused:
        check_schema(conn)
    assert "functions" in str(refused.value)
    assert "version" not in str(refused.value)


def test_a_ledger_with_a_hole_is_refused(empty_database: str) -> None:
    migrate_up(empty_database)
    execute(empty_database, "DELETE FROM rollcall.schema_migrations WHERE version = 2")
    with pytest.raises(SetupError, match="somebody edited it"):
        migrate_up(empty_database)


def test_a_schema_that_was_restored_without_its_owner_is_refused(empty_database: str) -> None:
    execute(
        empty_database, "CREATE SCHEMA rollcall; CREATE TABLE rollcall.schema_migrations (version integer)"
    )
    with pytest.raises(SetupError, match=r"^The schema rollcall belongs to postgres, .* --no-owner\.$"):
        migrate_up(empty_database)


def test_an_encoding_that_lacks_letters_is_refused(postgres: Postgres, admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0"
    )
    try:
        with pytest.raises(SetupError, match=r"^The database's encoding is LATIN1, .* migrate that\.$"):
            migrate_up(postgres.dsn("latin"))
    finally:
        postgres.drop_database("latin")


def test_a_failure_in_the_middle_leaves_nothing(empty_database: str, sql_dir: Path) -> None:
    before = dump(empty_database)
    broken = sql_dir / "migrations" / "0003_create_webinars.up.sql"
    broken.write_text(broken.read_text(encoding="utf-8") + "SELECT 1 / 0;\n", encoding="utf-8")
    with pytest.raises(
        SetupError, match=r"0003_create_webinars failed, nothing was changed: division by zero"
    ):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == before


@pytest.mark.parametrize("asked", ["sync_alert_conditions", "sync_gaps"])
def test_whoever_left_a_transaction_open_is_told_of(
    empty_database: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_up(empty_database)
    monkeypatch.setattr("rollcall.store.migrate._LOCK_TIMEOUT", "100ms")
    with psycopg.connect(empty_database) as somebody:
        somebody.execute(f"SELECT FROM rollcall.{asked}".encode())
        with pytest.raises(SetupError, match="nothing was changed: stop running syncs, end sessions"):
            migrate_down(empty_database, 11)
    with psycopg.connect(empty_database) as conn:
        check_schema(conn)


def test_a_failure_in_a_function_leaves_the_old_functions(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    before = dump(empty_database)
    (sql_dir / "functions" / "runs" / "broken.sql").write_text("CREATE FUNCTION broken( RETURNS void;\n")
    with pytest.raises(SetupError, match=r"broken\.sql failed, nothing was changed"):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == before


def test_a_migration_without_a_way_back_is_refused(sql_dir: Path) -> None:
    (sql_dir / "migrations" / "0002_create_runs.down.sql").unlink()
    with pytest.raises(SetupError, match="write the way back"):
        read_migrations(sql_dir)


def test_a_double_number_is_refused(sql_dir: Path) -> None:
    for way in ("up", "down"):
        (sql_dir / "migrations" / f"0002_create_again.{way}.sql").write_text("SELECT 1;\n")
    with pytest.raises(SetupError, match="without a hole or a double number"):
        read_migrations(sql_dir)


def test_an_install_without_the_sql_files_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no migrations in .*pip install --editable"):
        read_migrations(tmp_path)
