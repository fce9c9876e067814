"""Progress: the bar only moves forward, and what a run does or waits for is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.store import attendance, queue, runs
from tests.sql.attendance_case import AttendanceCase, row


def test_the_bar_only_moves_forward_and_ends_at_100(case: AttendanceCase) -> None:
    run_id = case.open_run()
    bar = []

    def look() -> None:
        runs.refresh_progress(case.conn, run_id)
        bar.append(float(case.run(run_id)["progress_percentage"]))

    look()
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    look()
    instances = [case.add_instance(f"instance {n}", participants_count=600) for n in range(3)]
    for instance in instances:
        case.fetch(run_id, [row("Ann", leave=1)] * 3, instance_id=instance, page_size=1)
        look()
    # More work turns up: the share that is done shrinks, the bar must not.
    queue.enqueue_participants(case.conn, run_id, [case.add_instance(f"late {n}") for n in range(9)])
    look()
    for phase in ("sessionize", "upsert", "fetch", "finish"):
        runs.set_phase(case.conn, run_id, phase, phase)
        look()
    case.conn.execute("UPDATE webinar_sync_queue SET status = 'gap' WHERE status = 'queued'")
    case.work_off(run_id)
    assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
    bar.append(float(case.run(run_id)["progress_percentage"]))
    assert bar == sorted(bar)
    assert bar[0] == 0
    assert bar[-1] == 100
    assert len(set(bar)) > 5


def test_counts_and_time_left_are_shown_while_it_runs(case: AttendanceCase) -> None:
    run_id = case.open_run()
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    case.fetch(run_id, [row("Ann", leave=1), row("Bob", leave=1)], total_records=5)
    queue.enqueue_participants(case.conn, run_id, [case.add_instance("second")])
    runs.refresh_progress(case.conn, run_id)
    run = case.run(run_id)
    assert (run["instances_done"], run["instances_queued"]) == (1, 2)
    assert (run["rows_fetched"], run["rows_expected"], run["pages_fetched"]) == (2, 5, 1)
    assert run["message"] == "Fetched 1 of 2 instances, 2 rows"
    assert run["estimated_end_at"] > run["heartbeat_at"]


def test_each_phase_has_its_share_of_the_bar(case: AttendanceCase) -> None:
    run_id = case.open_run()
    second = case.add_instance("second")
    bar = []

    def look(phase: str) -> None:
        runs.set_phase(case.conn, run_id, phase, phase)
        runs.refresh_progress(case.conn, run_id)
        bar.append(float(case.run(run_id)["progress_percentage"]))

    queue.enqueue_participants(case.conn, run_id, [case.instance_id, second])
    for instance in (case.instance_id, second):
        case.fetch(run_id, [row("Ann", leave=1)], instance_id=instance)
        look("fetch")
    for work, phase in ((attendance.sessionize, "sessionize"), (attendance.upsert, "upsert")):
        for _ in range(2):
            assert work(case.conn, run_id, 1) == 1
            look(phase)
    assert bar == pytest.approx([42.5, 80, 84, 88, 93, 98], abs=0.1)


def test_a_phase_is_told_once_however_many_workers_enter_it(case: AttendanceCase) -> None:
    run_id = case.open_run()
    for _ in range(4):
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    assert case.activity(run_id).count("Fetching") == 1


def test_the_same_sentence_is_not_said_again_where_lists_of_people_move_the_bar(case: AttendanceCase) -> None:
    run_id = case.open_run()
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    queue.enqueue_webinar_lists(case.conn, run_id, "registrants", [case.webinar_id], ["approved", "denied"])
    queue.enqueue_webinar_lists(case.conn, run_id, "panelists", [case.webinar_id])
    bar = []
    for _ in range(3):
        item = queue.lease(case.conn, run_id, "worker-1")
        assert item is not None
        queue.settle(case.conn, item, "done")
        runs.refresh_progress(case.conn, run_id)
        bar.append(case.run(run_id)["progress_percentage"])
    assert bar[0] < bar[1] - 10 < bar[2] - 20
    assert case.activity(run_id).count("Fetched 0 of 1 instances, 0 rows") == 1


def test_a_parked_run_says_so_once_and_goes_on(case: AttendanceCase) -> None:
    run_id = case.open_run()
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    runs.refresh_progress(case.conn, run_id)
    until = datetime.now(UTC) + timedelta(hours=3)
    for _ in range(3):
        runs.set_waiting(case.conn, run_id, until, "The day's calls are used up", parked=True)
    run = case.run(run_id)
    assert (run["status"], run["waiting_until"], run["estimated_end_at"]) == ("waiting", until, until)
    assert run["waiting_reason"] == "The day's calls are used up"
    assert case.activity(run_id).count("The day's calls are used up") == 1
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    run = case.run(run_id)
    assert (run["status"], run["waiting_until"], run["waiting_reason"]) == ("running", None, None)


def test_a_short_wait_is_named_and_forgotten_when_it_is_over(case: AttendanceCase) -> None:
    run_id = case.open_run()
    runs.set_waiting(
        case.conn,
        run_id,
        datetime.now(UTC) - timedelta(seconds=1),
        "Zoom asked for a pause",
        parked=False,
    )
    assert case.run(run_id)["waiting_reason"] == "Zoom asked for a pause"
    assert case.run(run_id)["status"] == "running"
    runs.refresh_progress(case.conn, run_id)
    assert case.run(run_id)["waiting_reason"] is None
