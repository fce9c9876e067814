"""Matching again in runs that end half-way and are taken up again: nothing written twice, nothing old, nobody lost."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.store import attendance, queue, runs, webinars
from tests.sql.attendance_case import AttendanceCase, row

PIA = row("Pia", leave=30, email="pia@example.com", user_id="1")
BOB = row("Bob", leave=20, email="bob@example.com", user_id="2")


@pytest.fixture
def run_id(case: AttendanceCase) -> int:
    """A run that found that a participant of an earlier one is a panelist."""
    case.read([PIA])
    run_id = case.open_run()
    pia = {"panelist_id": "p1", "email": "pia@example.com", "name": "Pia"}
    webinars.upsert_panelists(case.conn, case.webinar_id, [pia])
    return run_id


def end(case: AttendanceCase, run_id: int) -> dict[str, Any]:
    attendance.reconcile(case.conn, run_id)
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    return case.run(run_id)


def found(case: AttendanceCase) -> list[tuple[str, str, int]]:
    return [(p["participant_name"], p["role"], p["session_count"]) for p in case.people()]


def test_a_list_that_was_not_read_to_its_end_is_matched_when_it_is(case: AttendanceCase, run_id: int) -> None:
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    assert queue.enqueue_stored_participants(case.conn, run_id) == 0
    runs.close_run(case.conn, run_id, "failed", None, "No answer")
    case.take_up_again(run_id)
    case.fetch(run_id, [PIA, BOB])
    queue.enqueue_stored_participants(case.conn, run_id)
    case.work_off(run_id)
    run = end(case, run_id)
    assert (run["status"], run["participants_updated"], run["participants_inserted"]) == ("completed", 1, 1)
    assert found(case) == [("Pia", "panelist", 1), ("Bob", "attendee", 1)]


@pytest.mark.parametrize("is_sessionized", [False, True])
def test_a_list_that_is_asked_for_later_takes_its_place(
    case: AttendanceCase, run_id: int, is_sessionized: bool
) -> None:
    assert queue.enqueue_stored_participants(case.conn, run_id) == 1
    if is_sessionized:
        attendance.sessionize(case.conn, run_id, 100)
    runs.close_run(case.conn, run_id, "cancelled", None, "Stopped")
    case.take_up_again(run_id)
    case.fetch(run_id, [PIA, BOB])
    queue.enqueue_stored_participants(case.conn, run_id)
    case.work_off(run_id)
    assert end(case, run_id)["status"] == "completed"
    assert found(case) == [("Pia", "panelist", 1), ("Bob", "attendee", 1)]


@pytest.mark.parametrize("is_sessionized", [False, True])
def test_what_another_run_stored_meanwhile_stays(
    case: AttendanceCase, run_id: int, is_sessionized: bool
) -> None:
    queue.enqueue_stored_participants(case.conn, run_id)
    if is_sessionized:
        attendance.sessionize(case.conn, run_id, 100)
    runs.close_run(case.conn, run_id, "cancelled", None, "Stopped")
    case.read([{**PIA, "leave_time": BOB["leave_time"]}, BOB])
    before = case.people()
    assert case.rows("SELECT 1 FROM zoom_person_staging") == []

    case.take_up_again(run_id)
    assert queue.lease(case.conn, run_id, "worker-1") is None
    queue.enqueue_stored_participants(case.conn, run_id)
    case.work_off(run_id)
    assert end(case, run_id)["status"] == "completed"
    assert case.people() == before


def test_who_changes_once_more_is_matched_once_more(case: AttendanceCase, run_id: int) -> None:
    queue.enqueue_stored_participants(case.conn, run_id)
    case.work_off(run_id)
    runs.close_run(case.conn, run_id, "cancelled", None, "Stopped")
    case.take_up_again(run_id)
    host = {"zoom_webinar_id": 88_988_872_033, "host_email": "pia@example.com"}
    webinars.upsert_webinars(case.conn, case.connection_id, [host], is_detail=True)
    assert queue.enqueue_stored_participants(case.conn, run_id) == 1
    case.work_off(run_id)
    assert end(case, run_id)["status"] == "completed"
    assert found(case) == [("Pia", "host", 1)]


def test_who_changes_between_sessionize_and_upsert_is_matched_once_more(
    case: AttendanceCase, run_id: int
) -> None:
    case.fetch(run_id, [PIA])
    attendance.sessionize(case.conn, run_id, 100)
    runs.close_run(case.conn, run_id, "cancelled", None, "Stopped")
    case.take_up_again(run_id)
    host = {"zoom_webinar_id": 88_988_872_033, "host_email": "pia@example.com"}
    webinars.upsert_webinars(case.conn, case.connection_id, [host], is_detail=True)
    case.work_off(run_id)
    assert end(case, run_id)["status"] == "completed"

    run_id = case.open_run("delta")
    assert queue.enqueue_stored_participants(case.conn, run_id) == 1
    case.work_off(run_id)
    assert found(case) == [("Pia", "host", 1)]
    assert queue.enqueue_stored_participants(case.conn, run_id) == 0
