"""A run's instances are worked through in batches, by several backends at once."""

from __future__ import annotations

import psycopg

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, row


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
