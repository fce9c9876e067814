"""A run's instances are worked through in batches, by several backends at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.writers import Connect, wait_until_blocked


def test_two_backends_share_a_run(case: AttendanceCase, dsn: str) -> None:
    run_id = case.open_run()
    for n in range(3):
        case.fetch(
            run_id,
            [row("Ann", email="ann@x.test", leave=n + 1), row("Bob", leave=5)],
            instance_id=case.add_instance(f"instance-{n}"),
        )
    for work in (attendance.sessionize, attendance.upsert):
        with psycopg.connect(dsn, autocommit=True) as other, case.conn.transaction():
            assert work(case.conn, run_id, 1) == 1
            assert work(other, run_id, 1) == 1, "there is a third for it to take"
        while work(case.conn, run_id, 1):
            pass
    assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
    assert len(case.rows("SELECT 1 FROM zoom_participants")) == 6


def test_a_batch_is_whole_instances_up_to_its_limit(case: AttendanceCase) -> None:
    run_id = case.open_run()
    for n, size in enumerate([2, 2, 5, 1, 1]):
        rows = [row("Ann", email="ann@x.test", leave=1) for _ in range(size)]
        case.fetch(run_id, rows, instance_id=case.add_instance(f"instance-{n}"))
    batches = list(iter(lambda: attendance.sessionize(case.conn, run_id, 4), 0))
    assert batches == [2, 1, 2]


@pytest.mark.parametrize("work", [attendance.sessionize, attendance.upsert])
def test_what_a_killed_task_undoes_late_is_not_left_behind(
    case: AttendanceCase, connect: Connect, work: Callable[[psycopg.Connection, int, int], int]
) -> None:
    run_id = case.open_run()
    for n in range(2):
        case.fetch(run_id, [row("Ann", leave=n + 1)], instance_id=case.add_instance(f"instance-{n}"))
    if work is attendance.upsert:
        assert attendance.sessionize(case.conn, run_id, 10) == 2
    killed, retry = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with killed.transaction(force_rollback=True):
            assert work(killed, run_id, 10) == 2
            working = pool.submit(lambda: list(iter(lambda: work(retry, run_id, 10), 0)))
            wait_until_blocked(case.conn, retry)
        assert sum(working.result(timeout=30)) == 2


def test_what_a_killed_task_ends_late_is_not_done_twice(case: AttendanceCase, connect: Connect) -> None:
    run_id = case.open_run()
    case.fetch(run_id, [row("Ann", leave=1)], instance_id=case.add_instance("instance"))
    killed, retry = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with killed.transaction():
            assert attendance.sessionize(killed, run_id, 10) == 1
            working = pool.submit(attendance.sessionize, retry, run_id, 10)
            wait_until_blocked(case.conn, retry)
        assert working.result(timeout=30) == 0
    assert attendance.upsert(case.conn, run_id, 10) == 1
    assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
