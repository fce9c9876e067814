"""What `rollcall migrate` promises: the same schema by every road, all or nothing, and nothing of other people's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from rollcall.cli import main
from rollcall.errors import SetupError, WrongUse
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import LOCK_KEY, check_schema, migrate_down, migrate_up, standing, verify
from rollcall.store.migration_files import read_migrations, view_files
from rollcall.store.migration_script import migration_script
from tests.migrations.postgres_programs import dump, run_program

LAST = len(read_migrations())


@pytest.fixture(scope="module")
def fresh_dump(postgres: Postgres, template: str) -> str:
    return dump(postgres.dsn(template))


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query.encode()).fetchall()


def execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(statement.encode())


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


def test_line_ends_of_windows_are_no_edit(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    for file in sql_dir.rglob("*.sql"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate_up(empty_database, sql_dir=sql_dir) == []
    with psycopg.connect(empty_database) as conn:
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


def test_a_ledger_with_a_hole_is_refused(empty_database: str) -> None:
    migrate_up(empty_database)
    execute(empty_database, "DELETE FROM rollcall.schema_migrations WHERE version = 2")
    with pytest.raises(SetupError, match="somebody edited it"):
        migrate_up(empty_database)


def test_a_foreign_view_on_a_function_is_named_and_kept(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    execute(empty_database, "CREATE VIEW public.our_report AS SELECT rollcall.content_uuid('x') AS id")
    changed = sql_dir / "functions" / "attendance" / "content_uuid.sql"
    changed.write_text("-- changed\n" + changed.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(SetupError, match=r"view (public\.)?our_report depends on function"):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT id IS NOT NULL FROM public.our_report") == [(True,)]

    execute(empty_database, "DROP VIEW public.our_report")
    assert migrate_up(empty_database, sql_dir=sql_dir) == ["rebuilt functions, views and rights"]


def test_a_foreign_view_on_a_table_is_named_when_the_table_would_go(empty_database: str) -> None:
    migrate_up(empty_database)
    execute(empty_database, "CREATE VIEW public.our_runs AS SELECT id FROM rollcall.sync_runs")
    with pytest.raises(SetupError, match="our_runs"):
        migrate_down(empty_database, 0)
    with psycopg.connect(empty_database) as conn:
        check_schema(conn)


def test_what_others_put_into_the_schema_stays_theirs(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    execute(
        empty_database,
        "CREATE VIEW rollcall.dba_view AS SELECT 1 AS one;"
        "CREATE FUNCTION rollcall.dba_function() RETURNS integer LANGUAGE sql AS 'SELECT 1';"
        "REVOKE ALL ON FUNCTION rollcall.dba_function() FROM PUBLIC;"
        "CREATE PROCEDURE rollcall.dba_procedure() LANGUAGE sql AS ''",
    )
    changed = sql_dir / "functions" / "attendance" / "content_uuid.sql"
    changed.write_text("-- changed\n" + changed.read_text(encoding="utf-8"), encoding="utf-8")
    migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT one + rollcall.dba_function() FROM rollcall.dba_view") == [(2,)]


def test_views_on_views_and_functions_on_views_are_rebuilt_in_any_order(
    empty_database: str, sql_dir: Path
) -> None:
    views = sql_dir / "views"
    views.mkdir(exist_ok=True)
    (views / "a_summary.sql").write_text(
        "-- reads z_detail\nCREATE VIEW a_summary AS SELECT count(*) AS runs, 'a_summary' AS of FROM z_detail;\n"
    )
    (views / "z_detail.sql").write_text("CREATE VIEW z_detail AS SELECT id, mode FROM sync_runs;\n")
    assert [file.stem for file in view_files(sql_dir)].index("z_detail") < [
        file.stem for file in view_files(sql_dir)
    ].index("a_summary")
    migrate_up(empty_database, sql_dir=sql_dir)
    (views / "z_detail.sql").write_text("CREATE VIEW z_detail AS SELECT id FROM sync_runs;\n")
    migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT runs, of FROM rollcall.a_summary") == [(0, "a_summary")]


def test_a_removed_view_goes(empty_database: str, sql_dir: Path, fresh_dump: str) -> None:
    (sql_dir / "views").mkdir(exist_ok=True)
    extra = sql_dir / "views" / "passing_fancy.sql"
    extra.write_text("CREATE VIEW passing_fancy AS SELECT 1 AS one;\n")
    migrate_up(empty_database, sql_dir=sql_dir)
    extra.unlink()
    migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == fresh_dump


def test_a_failure_in_the_middle_leaves_nothing(empty_database: str, sql_dir: Path) -> None:
    before = dump(empty_database)
    broken = sql_dir / "migrations" / "0003_create_webinars.up.sql"
    broken.write_text(broken.read_text(encoding="utf-8") + "SELECT 1 / 0;\n", encoding="utf-8")
    with pytest.raises(
        SetupError, match=r"0003_create_webinars failed, nothing was changed: division by zero"
    ):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == before


def test_a_failure_in_a_function_leaves_the_old_functions(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    before = dump(empty_database)
    (sql_dir / "functions" / "runs" / "broken.sql").write_text("CREATE FUNCTION broken( RETURNS void;\n")
    with pytest.raises(SetupError, match=r"broken\.sql failed, nothing was changed"):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == before


def test_percent_signs_and_dollars_in_a_migration_are_text(empty_database: str, sql_dir: Path) -> None:
    number = f"{LAST + 1:04d}"
    (sql_dir / "migrations" / f"{number}_add_odd_text.up.sql").write_text(
        "CREATE TABLE odd_text (t text); INSERT INTO odd_text VALUES ('100 % of $1 and %s');\n"
    )
    (sql_dir / "migrations" / f"{number}_add_odd_text.down.sql").write_text("DROP TABLE odd_text;\n")
    migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT t FROM rollcall.odd_text") == [("100 % of $1 and %s",)]


def test_two_migrators_at_once_do_the_work_once(empty_database: str, fresh_dump: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(migrate_up, [empty_database, empty_database]))
    assert sorted(len(each) for each in done) == [0, LAST + 1]
    assert dump(empty_database) == fresh_dump


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


def test_a_migration_without_a_way_back_is_refused(sql_dir: Path) -> None:
    (sql_dir / "migrations" / "0002_create_runs.down.sql").unlink()
    with pytest.raises(SetupError, match="write the way back"):
        read_migrations(sql_dir)


def test_a_double_number_is_refused(sql_dir: Path) -> None:
    for way in ("up", "down"):
        (sql_dir / "migrations" / f"0002_create_again.{way}.sql").write_text("SELECT 1;\n")
    with pytest.raises(SetupError, match="without a hole or a double number"):
        read_migrations(sql_dir)


def test_passwords_from_the_environment_let_roles_log_in(
    postgres: Postgres, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_READER_PASSWORD", "reader-pass")
    migrate_up(empty_database)
    database = empty_database.rsplit("/", 1)[1]
    reader = postgres.dsn(database, "rollcall_reader", "reader-pass")
    assert rows(reader, "SHOW search_path") == [("rollcall, public",)]
    assert rows(reader, "SELECT count(*) FROM zoom_participants") == [(0,)]


def test_the_command_goes_up_reports_and_goes_back(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_DATABASE_URL", empty_database)
    assert main(["migrate", "verify"]) == 1
    assert main(["migrate", "up"]) == 0
    assert "Applied 0001_create_connections" in capsys.readouterr().out
    assert main(["migrate", "up"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["migrate", "verify"]) == 0
    assert main(["migrate", "down", "1"]) == 0
    assert main(["migrate", "status"]) == 0
    out = capsys.readouterr().out
    assert "applied  0001_create_connections" in out
    assert "missing  0002_create_runs" in out
    assert main(["migrate", "up", "99"]) == 2
    assert main(["migrate", "script"]) == 0
    assert capsys.readouterr().out == migration_script()


@pytest.mark.parametrize("address", ["postgresql:/:s3cret@nowhere", "postgresql://u:s3cret@127.0.0.1:1/none"])
def test_a_bad_address_is_one_sentence_without_the_password(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_DATABASE_URL", address)
    assert main(["migrate", "up"]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("rollcall: The database")
    assert "s3cret" not in complaint
