"""Functions and views are rebuilt in any order, and nothing of other people's goes with them."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from rollcall.errors import SetupError
from rollcall.store.migrate import check_schema, migrate_down, migrate_up
from rollcall.store.migration_files import read_migrations, trigger_files, view_files
from tests.migrations.postgres_programs import dump
from tests.migrations.single_statements import execute, rows


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


def test_a_trigger_goes_and_comes_with_the_code(empty_database: str, sql_dir: Path, fresh_dump: str) -> None:
    triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    migrate_up(empty_database, sql_dir=sql_dir)
    ours = rows(empty_database, triggers)
    assert ours == sorted((file.stem,) for file in trigger_files())

    extra = sql_dir / "triggers" / "sync_runs_validate.sql"
    extra.write_text(
        "CREATE TRIGGER sync_runs_validate BEFORE UPDATE ON sync_runs\n"
        "FOR EACH ROW EXECUTE FUNCTION mark_webinar_validity();\n"
    )
    assert migrate_up(empty_database, sql_dir=sql_dir) == ["rebuilt functions, views and rights"]
    assert rows(empty_database, triggers) == sorted([*ours, ("sync_runs_validate",)])

    extra.unlink()
    migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == fresh_dump
    migrate_down(empty_database, len(read_migrations()) - 1, sql_dir=sql_dir)
    assert rows(empty_database, triggers) == []
    migrate_up(empty_database, sql_dir=sql_dir)
    assert dump(empty_database) == fresh_dump


def test_stored_webinars_are_kept_by_an_upgrade_and_judged_when_asked(empty_database: str) -> None:
    migrate_up(empty_database, 8)
    execute(
        empty_database,
        "SET search_path TO rollcall;"
        "INSERT INTO zoom_connections (name, kind, account_id, client_id, client_secret_encrypted)"
        " VALUES ('old', 'server_to_server', 'account', 'client', 'cipher');"
        "INSERT INTO zoom_webinars (connection_id, zoom_webinar_id, sync_status)"
        " SELECT id, 88988872033, 'synced' FROM zoom_connections",
    )
    migrate_up(empty_database)
    stored = "SELECT validation_status FROM rollcall.zoom_webinars"
    assert rows(empty_database, stored) == [("pending",)]
    execute(empty_database, "SELECT rollcall.validate_webinar_data()")
    assert rows(empty_database, stored) == [("error",)]


def test_a_foreign_trigger_on_a_function_is_named_and_kept(empty_database: str, sql_dir: Path) -> None:
    migrate_up(empty_database, sql_dir=sql_dir)
    execute(
        empty_database,
        "CREATE TABLE public.our_webinars (LIKE rollcall.zoom_webinars);"
        "CREATE TRIGGER our_trigger BEFORE INSERT ON public.our_webinars"
        " FOR EACH ROW EXECUTE FUNCTION rollcall.mark_webinar_validity()",
    )
    changed = sql_dir / "functions" / "webinars" / "mark_webinar_validity.sql"
    changed.write_text("-- changed\n" + changed.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(SetupError, match=r"trigger our_trigger on table (public\.)?our_webinars"):
        migrate_up(empty_database, sql_dir=sql_dir)
    assert rows(empty_database, "SELECT tgname FROM pg_trigger WHERE tgname = 'our_trigger'") == [
        ("our_trigger",)
    ]

    execute(empty_database, "DROP TRIGGER our_trigger ON public.our_webinars")
    assert migrate_up(empty_database, sql_dir=sql_dir) == ["rebuilt functions, views and rights"]
