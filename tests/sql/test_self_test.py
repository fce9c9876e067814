"""The self-test in the live database: it passes, it would notice, and nothing of it stays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from rollcall.store import queue, runs
from tests.sql.attendance_case import AttendanceCase, row

CASES = {
    "duplicate_rows",
    "rejoin",
    "two_devices",
    "identity_chain",
    "name_alone",
    "name_beside_key",
    "waiting_room",
    "leave_before_join",
    "leave_missing",
    "late_row_merges",
    "rows_add_up",
    "second_run_unchanged",
    "reconciliation_agrees",
    "reconciliation_differs",
    "refusal_is_a_gap",
    "late_writer",
    "odd_webinar",
    "statistics_follow",
}


def self_test(conn: psycopg.Connection) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM test_sync_process()").fetchall()


def failed(results: list[dict[str, Any]]) -> dict[str, str]:
    return {each["test_name"]: each["actual"] for each in results if not each["passed"]}


def everything(conn: psycopg.Connection) -> dict[str, list[str]]:
    tables = conn.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'rollcall' AND tablename <> 'sync_test_results'"
    ).fetchall()
    return {
        name: sorted(
            line for (line,) in conn.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
        )
        for (name,) in tables
    }


def test_all_is_well(monitor: psycopg.Connection) -> None:
    results = self_test(monitor)
    assert failed(results) == {}
    assert {each["test_name"] for each in results} >= CASES
    assert len({each["test_name"] for each in results}) == len(results)
    assert len({each["test_run"] for each in results}) == 1
    for each in results:
        assert each["actual"] == each["expected"]
        assert each["duration_ms"] > 0


def test_nothing_depends_on_how_a_database_or_a_session_is_set(monitor: psycopg.Connection) -> None:
    for setting, value in (
        ("standard_conforming_strings", "off"),
        ("DateStyle", "SQL, DMY"),
        ("IntervalStyle", "sql_standard"),
        ("TimeZone", "Asia/Kathmandu"),
        ("extra_float_digits", "-5"),
        ("search_path", "pg_temp, rollcall"),
    ):
        monitor.execute("SELECT set_config(%s, %s, false)", (setting, value))
    failures = "SELECT test_name, actual FROM rollcall.test_sync_process() WHERE NOT passed"
    assert monitor.execute(failures).fetchall() == []
    assert monitor.execute("SELECT rollcall.sync_openmetrics() LIKE '# TYPE%# EOF_'").fetchone() == (True,)


def test_results_are_kept_and_nothing_else(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    case.read([row("Ann", email="ann@example.com", leave=5)])
    before = everything(case.conn)
    returned = self_test(monitor)
    assert everything(case.conn) == before
    with monitor.cursor(row_factory=dict_row) as cursor:
        assert cursor.execute("SELECT * FROM sync_test_results ORDER BY id").fetchall() == returned


def test_it_notices_a_rule_that_is_broken(db: psycopg.Connection) -> None:
    db.execute(
        "CREATE OR REPLACE FUNCTION rollcall.hold_run(p_run_id bigint, p_times_opened integer) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT true'"
    )
    assert failed(self_test(db)) == {"late_writer": "lost lease: f, held lease: t, run ended: f, t"}


def test_alerts_and_checks_tell_of_any_case_that_failed(db: psycopg.Connection) -> None:
    db.execute(
        "CREATE OR REPLACE FUNCTION rollcall.connected_components(p_nodes integer, p_left integer[], p_right integer[])"
        " RETURNS integer[] LANGUAGE sql AS 'SELECT ARRAY(SELECT generate_series(1, p_nodes))'"
    )
    assert failed(self_test(db)).keys() == {"identity_chain", "late_row_merges"}
    alerts = "SELECT severity, value, detail FROM sync_alert_conditions WHERE condition = 'self_test_failed'"
    severity, value, detail = db.execute(alerts).fetchone() or ("", 0, "")
    assert (severity, value) == ("critical", 2)
    assert detail == f"2 of {len(CASES)} cases of the last self-test failed, identity_chain first."
    checks = "SELECT status, value FROM run_sync_health_checks() WHERE check_name = 'self_test_failed'"
    assert db.execute(checks).fetchone() == ("critical", 2)


def test_a_case_that_crashes_is_a_row_with_the_error(db: psycopg.Connection) -> None:
    before = everything(db)
    db.execute("DROP FUNCTION reconcile_instances(bigint)")
    found = failed(self_test(db))
    assert found.keys() == CASES - {"refusal_is_a_gap", "late_writer", "odd_webinar"}
    for actual in found.values():
        assert "reconcile_instances(bigint) does not exist" in actual
        assert "42883" in actual
    assert everything(db) == before


def test_several_at_once_beside_a_running_sync(dsn: str, case: AttendanceCase) -> None:
    run_id = case.open_run()
    gate = threading.Barrier(3)

    def one(_: int) -> dict[str, str]:
        with closing(psycopg.connect(dsn, autocommit=True)) as conn:
            conn.execute("SET lock_timeout = '200ms'")
            gate.wait(timeout=30)
            return failed(self_test(conn))

    case.conn.execute("SET lock_timeout = '200ms'")
    with ThreadPoolExecutor(3) as pool:
        tests = [pool.submit(one, number) for number in range(3)]
        for number in range(10):
            case.fetch(run_id, [row("Ann", leave=5)], instance_id=case.add_instance(f"instance {number}"))
            case.work_off(run_id)
            runs.refresh_progress(case.conn, run_id)
            assert queue.lease(case.conn, run_id, "worker-1") is None
        assert [test.result(timeout=60) for test in tests] == [{}, {}, {}]
    assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"


def test_it_works_where_public_may_make_no_temporary_tables(
    dsn: str, db: psycopg.Connection, monitor: psycopg.Connection
) -> None:
    name = db.info.dbname
    db.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    # A copy of the template lacks the template's rights; migrating grants them.
    db.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO rollcall_owner").format(sql.Identifier(name)))
    assert failed(self_test(monitor)) == {}


def test_an_analyst_may_not_start_it(db: psycopg.Connection) -> None:
    db.execute("SET ROLE rollcall_reader")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        self_test(db)


def test_a_callers_own_temporary_tables_do_not_get_in_its_way(monitor: psycopg.Connection) -> None:
    monitor.execute("CREATE TEMPORARY TABLE sync_runs (id bigint)")
    monitor.execute("CREATE TEMPORARY TABLE zoom_participants (id bigint)")
    assert failed(self_test(monitor)) == {}
