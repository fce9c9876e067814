"""Cleanup and syncs at the same time: neither waits for the other, and nothing is counted twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from rollcall.errors import RunClosed
from rollcall.store import attendance, queue, runs
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.cleaning import (
    CLEANED,
    STAGING,
    clean,
    counts,
    failed_run,
    rows_in,
)


def test_two_at_once_delete_and_count_each_row_once(dsn: str, case: AttendanceCase) -> None:
    for days in range(40, 60):
        failed_run(case, days)
    case.conn.execute(
        "INSERT INTO sync_progress_updates (run_id, phase, progress_percentage, message, created_at)"
        " SELECT r.id, 'fetch', 1, 'x', now() - interval '90 days' FROM sync_runs r, generate_series(1, 500)"
    )
    with psycopg.connect(dsn, autocommit=True) as conn:
        expected = counts(clean(conn, 30, True), "rows_found")
    gate = threading.Barrier(4)

    def one(_: int) -> dict[str, int]:
        with closing(psycopg.connect(dsn, autocommit=True)) as conn:
            gate.wait(timeout=30)
            return counts(clean(conn, 30), "rows_deleted")

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(one, range(4)))
    with psycopg.connect(dsn, autocommit=True) as conn:
        told.append(counts(clean(conn, 30), "rows_deleted"))
    assert {name: sum(each.get(name, 0) for each in told) for name in expected} == expected


def test_a_running_sync_does_not_wait(dsn: str, case: AttendanceCase) -> None:
    for days in (40, 50):
        failed_run(case, days)
    run_id = case.open_run()
    second = [case.add_instance(f"second {n}") for n in range(2)]
    case.conn.execute("SET ROLE rollcall_writer")
    with psycopg.connect(dsn) as cleaning:
        assert counts(clean(cleaning, 0), "rows_deleted")
        case.conn.execute("SET lock_timeout = '100ms'")
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        case.fetch(run_id, [row("Ann", leave=5)], instance_id=second[0])
        case.work_off(run_id)
        runs.refresh_progress(case.conn, run_id)
        attendance.reconcile(case.conn, run_id)
        assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
        # The next one begins by dropping what the runs before it left in staging.
        queue.enqueue_participants(case.conn, case.open_run(), second)
        cleaning.commit()
    assert rows_in(case.conn, "sync_progress_updates") > 0


def test_the_next_sync_does_not_wait_for_the_cleanup_of_what_it_would_drop(
    dsn: str, case: AttendanceCase
) -> None:
    failed_run(case, 40)
    case.conn.execute("SET ROLE rollcall_writer")
    with psycopg.connect(dsn) as cleaning:
        assert clean(cleaning, 30)["webinar_sync_queue"]["rows_deleted"] == 1
        case.conn.execute("SET lock_timeout = '100ms'")
        case.open_run()
        cleaning.commit()
    assert [rows_in(case.conn, table) for table in STAGING] == [0, 0, 0]


def test_a_cleanup_waits_for_nobody(dsn: str, case: AttendanceCase, monitor: psycopg.Connection) -> None:
    failed_run(case, 40)
    run_id = failed_run(case, 35)
    monitor.execute("SET lock_timeout = '100ms'")
    with psycopg.connect(dsn) as other:
        # A person takes the run up again at this very moment.
        other.execute("UPDATE sync_runs SET status = 'running', finished_at = NULL WHERE id = %s", (run_id,))
        done = clean(monitor, 30)
        assert not done["webinar_sync_queue"]["is_complete"]
        assert case.rows("SELECT FROM webinar_sync_queue WHERE run_id = %s", run_id)
        assert rows_in(case.conn, "zoom_participant_staging") == 2
        other.rollback()
    clean(monitor, 30)
    assert [rows_in(case.conn, table) for table in STAGING] == [0, 0, 0]


def test_rows_that_somebody_holds_are_stepped_around_and_their_run_stays(
    dsn: str, case: AttendanceCase, monitor: psycopg.Connection
) -> None:
    failed_run(case, 40)
    failed_run(case, 35)
    case.conn.execute(
        "INSERT INTO sync_test_results (test_run, run_at, test_name, passed, expected, detail, duration_ms)"
        " VALUES (gen_random_uuid(), now() - interval '40 days', 'x', true, 'x', 'x', 1)"
    )
    case.conn.execute(
        "INSERT INTO zoom_call_budgets (account, daily_pool, day) VALUES ('a', 'heavy', current_date - 40)"
    )
    monitor.execute("SET lock_timeout = '100ms'")
    for table in CLEANED:
        with psycopg.connect(dsn) as other, monitor.transaction(force_rollback=True):
            other.execute(sql.SQL("SELECT FROM {} FOR UPDATE").format(sql.Identifier(table)))
            done = clean(monitor, 30)
            assert (done[table]["rows_deleted"], done[table]["rows_found"] > 0) == (0, True), table
            hangs_on_it = table in ("webinar_sync_queue", "sync_progress_updates", "sync_error_logs")
            assert done["sync_runs"]["rows_deleted"] == (0 if hangs_on_it or table == "sync_runs" else 1), (
                table
            )


def test_a_lease_of_a_run_whose_list_was_cleaned_is_gone(
    case: AttendanceCase, monitor: psycopg.Connection
) -> None:
    run_id = case.open_run()
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    item = queue.lease(case.conn, run_id, "worker-1")
    assert item is not None
    runs.close_run(case.conn, run_id, "failed", "server_error", "no")
    clean(monitor, 0)
    with pytest.raises(RunClosed):
        queue.advance(case.conn, item, next_page_token="", rows=1)
