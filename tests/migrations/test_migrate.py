"""What `rollcall migrate` promises: the same schema by every road, once, however many set out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from rollcall.errors import SetupError, WrongUse
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import LOCK_KEY, check_schema, migrate_down, migrate_up, standing, verify
from rollcall.store.migration_files import read_migrations
from rollcall.store.migration_script import migration_script
from tests.migrations.postgres_programs import dump, run_program
from tests.migrations.single_statements import rows

LAST = len(read_migrations())


def test_down_to_nothing_and_up_again_gives_the_same_database(empty_database: str, fresh_dump: str) -> None:
    migrate_up(empty_database)
    assert dump(empty_database) == fresh_dump

    migrate_down(empty_database, 0)
    left = rows(
        empty_database,
        "SELECT relname FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace AND relkind IN ('r', 'v', 'S')",
    )
    assert {name for (name,) in left} == {"schema_migrations", "schema_code"}

    migrate_up(empty_database)
    assert dump(empty_database) == fresh_dump


def test_each_step_up_and_back_gives_the_same_database(empty_database: str, fresh_dump: str) -> None:
    stages = []
    for version in range(1, LAST):
        migrate_up(empty_database, version)
        stages.append(dump(empty_database, "--no-privileges"))
    migrate_up(empty_database)
    assert dump(empty_database) == fresh_dump

    for version in range(LAST - 1, 0, -1):
        migrate_down(empty_database, version)
        # Rights are given at the end only.
        stage = dump(empty_database, "--no-privileges")
        assert stage == stages[version - 1], f"down to {version} differs from up to {version}"


def test_a_second_up_finds_nothing_to_do(dsn: str) -> None:
    assert migrate_up(dsn) == []


def test_the_script_loaded_by_psql_gives_the_same_database(
    empty_database: str, fresh_dump: str, tmp_path: Path
) -> None:
    script = tmp_path / "rollcall.sql"
    script.write_text(migration_script(), encoding="utf-8")
    run_program("psql", "--no-psqlrc", "--quiet", "--file", str(script), empty_database)
    assert dump(empty_database) == fresh_dump
    assert migrate_up(empty_database) == []

    with pytest.raises(AssertionError, match="rollcall migrate up"):
        run_program("psql", "--no-psqlrc", "--quiet", "--file", str(script), empty_database)


def test_line_ends_of_windows_are_no_edit(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    for file in sql_dir.rglob("*.sql"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate_up(empty_database, sql_dir=sql_dir) == []
    with psycopg.connect(empty_database) as conn:
        verify(conn, sql_dir)


def test_percent_signs_and_dollars_in_a_migration_are_text(empty_database: str, sql_dir: Path) -> None:
    number = f"{LAST + 1:04d}"
    (sql_dir / "migrations" / f"{number}_add_odd_text.up.sql").write_text(
        "CREATE TABLE odd_text (t text); INSERT INTO odd_text VALUES ('100 % of $1 and %s');\n"
    )
    (sql_dir / "migrations" / f"{number}_add_odd_text.down.sql").write_text("DROP TABLE odd_text;\n")
    migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT t FROM rollcall.odd_text") == [("100 % of $1 and %s",)]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_two_migrators_at_once_do_the_work_once(empty_database: str, fresh_dump: str, isolation: str) -> None:
    by_default = (
        f"{empty_database}?options=-cdefault_transaction_isolation%3D{isolation.replace(' ', '%5C%20')}"
    )
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(migrate_up, [by_default, by_default]))
    assert sorted(len(each) for each in done) == [0, LAST + 1]
    assert dump(empty_database) == fresh_dump


def test_a_limit_for_statements_is_not_one_for_migrations(empty_database: str) -> None:
    migrate_up(f"{empty_database}?options=-cstatement_timeout%3D10")
    assert migrate_up(empty_database) == []


def test_a_migrator_waits_for_a_busy_one_and_says_so(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.store.migrate._LOCK_TIMEOUT", "100ms")
    with psycopg.connect(empty_database) as busy:
        busy.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        with pytest.raises(SetupError, match="Another migration has held the database for 100ms"):
            migrate_up(empty_database)


def test_two_databases_of_one_server_at_once(postgres: Postgres) -> None:
    names = ["at_once_1", "at_once_2"]
    addresses = [postgres.create_database(name) for name in names]
    try:
        with ThreadPoolExecutor(2) as pool:
            assert [len(done) for done in pool.map(migrate_up, addresses)] == [LAST + 1] * 2
    finally:
        for name in names:
            postgres.drop_database(name)


@pytest.mark.parametrize("version", [0, LAST + 1])
def test_up_to_no_migration_is_wrong_use(empty_database: str, version: int) -> None:
    with pytest.raises(WrongUse, match=f"give a number from 1 to {LAST}"):
        migrate_up(empty_database, version)


def test_up_to_a_version_behind_the_database_is_wrong_use(dsn: str) -> None:
    with pytest.raises(WrongUse, match="rollcall migrate down 1"):
        migrate_up(dsn, 1)


def test_standing_of_an_empty_and_of_a_half_migrated_database(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        assert standing(conn).applied == ()
        with pytest.raises(SetupError, match="run `rollcall migrate up`"):
            check_schema(conn)
        migrate_up(empty_database, 2)
        assert standing(conn).applied == (1, 2)
        assert not standing(conn).code_is_current
        migrate_up(empty_database)
        assert standing(conn).code_is_current
