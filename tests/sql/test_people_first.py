"""Who was who is worked out with the webinar's people: attendance fetched before them waits, or is looked at again."""

from __future__ import annotations

import pytest

from rollcall.store import queue, runs, webinars
from rollcall.store.queue import Item
from tests.sql.attendance_case import AttendanceCase, row


@pytest.fixture
def run_id(case: AttendanceCase) -> int:
    """A run that fetches."""
    run_id = case.open_run()
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    return run_id


def people_under_way(case: AttendanceCase, run_id: int) -> list[Item]:
    """Two workers read the webinar's panelists and registrants; a third one fetches a panelist's attendance."""
    queue.enqueue_webinar_lists(case.conn, run_id, "panelists", [case.webinar_id])
    queue.enqueue_webinar_lists(case.conn, run_id, "registrants", [case.webinar_id], ["approved"])
    items = [queue.lease(case.conn, run_id, f"worker-{n}") for n in range(2)]
    case.fetch(run_id, [row("Pia", leave=30, email="pia@example.com")])
    return [item for item in items if item is not None]


def panelists_come(case: AttendanceCase) -> None:
    pia = {"panelist_id": "p1", "email": "pia@example.com", "name": "Pia"}
    assert webinars.upsert_panelists(case.conn, case.webinar_id, [pia]) == 1


def test_a_parked_run_stores_no_attendance_whose_panelists_are_to_come(
    case: AttendanceCase, run_id: int
) -> None:
    items = people_under_way(case, run_id)
    case.work_off(run_id)
    assert case.people() == []

    panelists_come(case)
    for item in items:
        queue.settle(case.conn, item, "done")
    case.work_off(run_id)
    assert [person["role"] for person in case.people()] == ["panelist"]
    assert case.rows("SELECT sync_status FROM zoom_instance_reads") == [{"sync_status": "complete"}]


def test_the_attendance_of_other_webinars_does_not_wait(case: AttendanceCase, run_id: int) -> None:
    other = {"zoom_webinar_id": 90_000_000_001, "topic": "Another"}
    webinars.upsert_webinars(case.conn, case.connection_id, [other], is_detail=False)
    case.conn.execute(
        "INSERT INTO webinar_sync_queue (run_id, kind, webinar_id)"
        " SELECT %s, 'webinar', id FROM zoom_webinars WHERE zoom_webinar_id = 90000000001",
        (run_id,),
    )
    people = queue.lease(case.conn, run_id, "worker-0")
    assert people is not None
    assert people.kind == "webinar"
    case.fetch(run_id, [row("Pia", leave=30)])
    case.work_off(run_id)
    assert len(case.people()) == 1


def test_a_run_that_failed_before_the_panelists_leaves_its_attendance_to_the_next_delta(
    case: AttendanceCase, run_id: int
) -> None:
    people_under_way(case, run_id)
    runs.set_phase(case.conn, run_id, "sessionize", "Working out sessions and people")
    case.work_off(run_id)
    assert [person["role"] for person in case.people()] == ["attendee"]
    runs.finish_run(case.conn, run_id, error_kind="network_error", error_message="No answer")

    chosen = queue.choose_instances(case.conn, case.connection_id, "delta", None, None, None)
    assert chosen == [case.instance_id]
    panelists_come(case)
    stored = case.sessions()[0]
    again = row("Pia", leave=30, email="pia@example.com", user_id=stored["user_id"])
    case.read([again])
    assert [person["role"] for person in case.people()] == ["panelist"]
    assert queue.choose_instances(case.conn, case.connection_id, "delta", None, None, None) == []
