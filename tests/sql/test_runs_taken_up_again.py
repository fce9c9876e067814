"""A run that a person cleared after it was closed and that goes on: its first tasks may still be somewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollcall.errors import RunClosed
from rollcall.store import queue, runs
from tests.sql.attendance_case import AttendanceCase


def take_up(case: AttendanceCase) -> int | None:
    return runs.open_run(
        case.conn, source="zoom", connection_id=case.connection_id, mode="full", window_from=None, window_to=None,
        webinar_ids=None, fetch_workers=1, dag_id=case.name, dag_run_id="run 1",
    )  # fmt: skip


def test_the_first_holder_is_no_holder_any_more(case: AttendanceCase) -> None:
    run_id = case.open_run()
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    known, item = runs.get_run(case.conn, run_id), queue.lease(case.conn, run_id, "worker-1")
    assert item is not None
    assert runs.close_run(case.conn, run_id, "failed", "internal_error", "No sign of life")
    assert take_up(case) == run_id
    again = queue.lease(case.conn, run_id, "worker-1")
    assert again is not None
    with pytest.raises(RunClosed):
        runs.hold(case.conn, known)
    with pytest.raises(RunClosed):
        queue.advance(case.conn, item, next_page_token="", rows=1)
    with pytest.raises(RunClosed, match="taken up again"):
        runs.finish_run(
            case.conn, run_id, error_kind=None, error_message=None, times_opened=known.times_opened
        )
    assert case.run(run_id)["status"] == "running"
    runs.hold(case.conn, runs.get_run(case.conn, run_id))
    queue.advance(case.conn, again, next_page_token="", rows=0)


def test_a_run_that_nobody_took_up_is_its_tasks(case: AttendanceCase) -> None:
    known = runs.get_run(case.conn, case.open_run())
    runs.hold(case.conn, known)
    with pytest.raises(RunClosed):
        runs.hold(case.conn, replace(known, id=known.id + 1))
