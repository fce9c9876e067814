"""Maintenance as its Dag does it: findings are sentences, and cleanup goes in steps."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from rollcall.store import runs
from rollcall.sync.check import CRITICAL, WARNING, Finding, check_health, check_process, check_stale
from rollcall.sync.cleanup import clean_up
from tests.sql.attendance_case import AttendanceCase
from tests.sql.calendly_case import CalendlyCase

HOUR = timedelta(hours=1)


@pytest.fixture
def conn(db: psycopg.Connection) -> psycopg.Connection:
    """As the tasks connect: the writer."""
    db.execute("SET ROLE rollcall_writer")
    return db


def silent_run(case: AttendanceCase) -> int:
    run_id = case.open_run()
    case.conn.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours'")
    return run_id


def test_a_dry_run_names_what_hangs_and_leaves_it(conn: psycopg.Connection) -> None:
    case = AttendanceCase(conn)
    assert check_stale(conn, HOUR, dry_run=True) == []
    run_id = silent_run(case)
    (finding,) = check_stale(conn, HOUR, dry_run=True)
    assert finding.severity == CRITICAL
    assert (
        f"Run {run_id} of case: Airflow run run 1 has given no sign of life for 2:00:00." in finding.sentence
    )
    assert case.run(run_id)["status"] == "running"


def test_a_real_run_closes_it_and_says_so(conn: psycopg.Connection) -> None:
    case = AttendanceCase(conn)
    run_id = silent_run(case)
    (finding,) = check_stale(conn, HOUR, dry_run=False)
    assert finding.severity == WARNING
    assert case.run(run_id)["error_message"] in finding.sentence
    assert check_stale(conn, HOUR, dry_run=False) == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_findings_name_calendly_users_by_id(conn: psycopg.Connection, dry_run: bool) -> None:
    case = CalendlyCase(conn)
    conn.execute(
        "UPDATE users SET calendly_reconnect_needed_at = now(), calendly_reconnect_reason = 'invalid_grant'"
    )
    runs.open_run(
        conn,
        source="calendly",
        connection_id=case.user_id,
        mode="full",
        window_from=case.now,
        window_to=case.now + HOUR,
        webinar_ids=None,
        fetch_workers=1,
        dag_id="calendly_sync",
        dag_run_id="silent",
    )
    conn.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours' WHERE finished_at IS NULL")
    found = [*check_health(conn), *check_stale(conn, HOUR, dry_run=dry_run)]
    sentences = "\n".join(finding.sentence for finding in found)
    assert "host@example.com" not in sentences
    assert f"reconnect_needed: Calendly user {case.user_id}: " in sentences
    assert f"rollcall calendly test {case.user_id}" in sentences
    assert f" of Calendly user {case.user_id}: " in found[-1].sentence


def test_checks_that_are_not_ok_are_findings_with_what_to_do(
    db: psycopg.Connection, conn: psycopg.Connection
) -> None:
    db.execute("RESET ROLE")
    db.execute("DROP FUNCTION IF EXISTS run_sync_health_checks()")
    db.execute(
        "CREATE FUNCTION rollcall.run_sync_health_checks(OUT check_name text, OUT status text, OUT detail text,"
        " OUT hint text) RETURNS SETOF record LANGUAGE sql AS $$ VALUES"
        " ('queue', 'ok', 'Nothing waits.', NULL), ('gaps', 'warning', '3 are open.', NULL),"
        " ('token', 'critical', 'main: dead.', 'Connect again.') $$"
    )
    assert check_health(conn) == [
        Finding(WARNING, "gaps: 3 are open."),
        Finding(CRITICAL, "token: main: dead. Connect again."),
    ]


def test_a_self_test_that_passes_is_no_finding(conn: psycopg.Connection) -> None:
    assert check_process(conn) == []
    assert conn.execute("SELECT bool_and(passed) FROM sync_test_results").fetchone() == (True,)


def test_a_self_test_that_fails_is_critical(db: psycopg.Connection, conn: psycopg.Connection) -> None:
    db.execute("RESET ROLE")
    db.execute("DROP FUNCTION reconcile_instances(bigint)")
    findings = check_process(conn)
    assert {finding.severity for finding in findings} == {CRITICAL}
    assert any("reconcile_instances(bigint) does not exist" in finding.sentence for finding in findings)


class TestCleanUp:
    @pytest.fixture
    def old(self, conn: psycopg.Connection) -> AttendanceCase:
        """Three runs that ended long ago, each with much to say."""
        case = AttendanceCase(conn)
        for _ in range(3):
            runs.finish_run(conn, case.open_run(), error_kind=None, error_message=None)
        conn.execute(
            "INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message)"
            " SELECT r.id, 'fetch', 1, 'x' FROM sync_runs r, generate_series(1, 40)"
        )
        conn.execute(
            "UPDATE sync_runs SET finished_at = now() - interval '400 days', started_at = now() - interval '401 days'"
        )
        conn.execute("RESET ROLE")
        conn.execute("UPDATE sync_progress_updates SET created_at = now() - interval '400 days'")
        conn.execute("SET ROLE rollcall_writer")
        return case

    def test_it_goes_in_steps_until_nothing_is_left(self, old: AttendanceCase) -> None:
        told: list[int] = []
        seen: list[int] = []

        def step(deleted: int) -> None:
            told.append(deleted)
            seen.append(len(old.rows("SELECT FROM sync_progress_updates")))

        summary = {
            each.table_name: each
            for each in clean_up(old.conn, 30, dry_run=False, on_step=step, step_rows=50)
        }
        progress = summary["sync_progress_updates"]
        assert progress.rows_deleted == progress.rows_found == 123
        assert (summary["sync_runs"].rows_deleted, summary["sync_runs"].is_complete) == (2, True)
        assert told == [50, 100, 125]
        # Each step is there for everybody before the next begins.
        assert seen == [73, 23, 0]

    def test_a_dry_run_only_counts(self, old: AttendanceCase) -> None:
        steps: list[int] = []
        summary = {
            each.table_name: each for each in clean_up(old.conn, 30, dry_run=True, on_step=steps.append)
        }
        assert summary["sync_progress_updates"].rows_found == 123
        assert not any(each.rows_deleted for each in summary.values())
        assert steps == []
        assert len(old.rows("SELECT FROM sync_progress_updates")) == 123

    def test_without_days_the_stored_settings_count(self, old: AttendanceCase) -> None:
        old.conn.execute("RESET ROLE")
        old.conn.execute(
            "UPDATE sync_retention_settings SET keep_days = 500 WHERE table_name = 'sync_progress_updates'"
        )
        assert not any(each.rows_deleted for each in clean_up(old.conn, None, dry_run=False))
        assert any(each.rows_deleted for each in clean_up(old.conn, 30, dry_run=False))
