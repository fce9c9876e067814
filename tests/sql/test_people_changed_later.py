"""Roles and e-mails follow the webinar's people, also where these change after the attendance was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rollcall.store import attendance, gaps, queue, runs, webinars
from rollcall.store.migrate import migrate_down, migrate_up
from tests.sql.attendance_case import AttendanceCase, row


def match_again(case: AttendanceCase) -> dict[str, Any]:
    """A run that reads no attendance; returns its row."""
    run_id = case.open_run("delta")
    queue.enqueue_stored_participants(case.conn, run_id)
    case.work_off(run_id)
    attendance.reconcile(case.conn, run_id)
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    return case.run(run_id)


def panelist_comes(case: AttendanceCase) -> None:
    pia = {"panelist_id": "p1", "email": "Pia@example.com", "name": "Pia"}
    webinars.upsert_panelists(case.conn, case.webinar_id, [pia])


def registrant_comes(case: AttendanceCase, registrant_id: str = "r1", email: str = "pia@example.com") -> None:
    webinars.upsert_registrants(
        case.conn,
        case.webinar_id,
        [{"registrant_id": registrant_id, "email": email, "status": "approved"}],
    )


def host_changes(case: AttendanceCase) -> None:
    record = {"zoom_webinar_id": 88_988_872_033, "host_email": "pia@example.com"}
    webinars.upsert_webinars(case.conn, case.connection_id, [record], is_detail=True)


def host_of_the_instance_changes(case: AttendanceCase) -> None:
    case.add_instance("uuid-of-the-instance", host_email="pia@example.com")


@pytest.mark.parametrize(
    ("changes", "role"),
    [(panelist_comes, "panelist"), (host_changes, "host"), (host_of_the_instance_changes, "host")],
)
def test_a_role_follows(case: AttendanceCase, changes: Callable[[AttendanceCase], None], role: str) -> None:
    case.read(
        [row("Pia", leave=30, email="pia@example.com"), row("Ada", join=1, leave=30, email="ada@example.com")]
    )
    before = case.people()
    changes(case)
    run = match_again(case)
    assert [(p["participant_name"], p["role"]) for p in case.people()] == [("Pia", role), ("Ada", "attendee")]
    assert [p["id"] for p in case.people()] == [p["id"] for p in before]
    assert (run["status"], run["rows_fetched"], run["sessions_updated"]) == ("completed", 0, 0)
    assert (run["participants_updated"], run["participants_unchanged"]) == (1, 1)
    numbers = case.rows("SELECT attendees, panelists, hosts FROM zoom_instance_statistics")
    assert numbers == [{"attendees": 1, "panelists": int(role == "panelist"), "hosts": int(role == "host")}]


def test_an_email_follows_its_registrant(case: AttendanceCase) -> None:
    case.read([row("Pia", leave=30, registrant_id="r1")])
    registrant_comes(case)
    match_again(case)
    registrant_comes(case, email="pia.new@example.com")
    match_again(case)
    assert [p["email"] for p in case.people()] == ["pia.new@example.com"]


def test_the_same_people_again_write_nothing(case: AttendanceCase) -> None:
    case.read([row("Pia", leave=30, email="pia@example.com")])
    panelist_comes(case)
    match_again(case)
    panelist_comes(case)
    run = match_again(case)
    assert (run["instances_queued"], run["participants_updated"], run["participants_unchanged"]) == (0, 0, 0)


def test_registrants_who_did_not_come_concern_nobody(case: AttendanceCase) -> None:
    case.read([row("Pia", leave=30, registrant_id="r1")])
    registrant_comes(case, "r2", "ada@example.com")
    assert match_again(case)["instances_queued"] == 0
    # Nor are they looked for anew by each run from then on.
    asked = "SELECT people_matched_at > changed_at AS asked FROM zoom_instance_reads, zoom_people_changes"
    assert case.rows(asked) == [{"asked": True}]
    host = {"zoom_webinar_id": 88_988_872_033, "topic": "Another topic"}
    webinars.upsert_webinars(case.conn, case.connection_id, [host], is_detail=True)
    assert match_again(case)["instances_queued"] == 0
    another = {"zoom_webinar_id": 5, "host_email": "another@example.com"}
    webinars.upsert_webinars(case.conn, case.connection_id, [another], is_detail=True)
    assert match_again(case)["instances_queued"] == 0


def test_instances_that_the_run_reads_itself_are_not_asked_for_twice(case: AttendanceCase) -> None:
    case.read([row("Pia", leave=30, email="pia@example.com")])
    panelist_comes(case)
    run_id = case.open_run()
    case.fetch(run_id, [row("Pia", leave=30, email="pia@example.com")])
    assert queue.enqueue_stored_participants(case.conn, run_id) == 0


def test_it_is_no_read(case: AttendanceCase) -> None:
    """Nothing was asked of Zoom: neither does a gap close, nor do two reads agree, nor is anything short."""
    case.read([row("Pia", leave=30, email="pia@example.com")], total_records=2)
    question = "SELECT sync_status, reads, agreeing_reads, digest, last_read_at, last_run_id FROM zoom_instance_reads"
    before = case.rows(question)
    panelist_comes(case)
    run_id = case.open_run("delta")
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    item = queue.lease(case.conn, run_id, "worker-1")
    assert item is not None
    gaps.note_gap(
        case.conn,
        run_id,
        object_kind="participants",
        object_key="uuid-of-the-instance",
        status=400,
        code=None,
        reason="Refused.",
        is_expected=False,
        recheck_after_hours=None,
    )
    queue.settle(case.conn, item, "gap")
    assert queue.enqueue_stored_participants(case.conn, run_id) == 1
    case.work_off(run_id)
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    assert case.run(run_id)["provisional"] == 1
    assert case.rows(question) == before
    assert case.rows("SELECT closed_at FROM sync_gaps") == [{"closed_at": None}]
    assert [p["role"] for p in case.people()] == ["panelist"]


def test_a_batch_of_stored_instances_holds_no_more_rows_than_another(case: AttendanceCase) -> None:
    for number in range(3):
        instance_id = case.add_instance(f"uuid-{number}")
        rows = [row(f"Guest {n}", leave=30, email=f"guest{n}@example.com") for n in range(5)]
        case.read(rows, instance_id=instance_id)
    panelist_comes(case)
    run_id = case.open_run("delta")
    assert queue.enqueue_stored_participants(case.conn, run_id) == 3
    assert [attendance.sessionize(case.conn, run_id, 10) for _ in range(3)] == [2, 1, 0]
    assert [attendance.upsert(case.conn, run_id, 10) for _ in range(3)] == [2, 1, 0]


def test_a_superseded_session_stays_one(case: AttendanceCase) -> None:
    case.read([row("Pia", leave=30, email="pia@example.com")], source="past_webinars")
    case.read([row("Pia", join=1, leave=30, email="pia@example.com")])
    before = case.sessions()
    assert [s["superseded_at"] is None for s in before] == [False, True]
    panelist_comes(case)
    match_again(case)
    assert case.sessions() == before
    assert [(p["role"], p["session_count"]) for p in case.people()] == [("panelist", 1)]


def test_who_was_matched_by_older_rules_is_matched_again_after_an_upgrade(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        case = AttendanceCase(conn)
        panelist_comes(case)
        case.read([row("Pia", leave=30, email="pia@example.com")])
        conn.execute("UPDATE zoom_participants SET role = 'attendee'")
    migrate_down(dsn, 18)
    migrate_up(dsn)
    with psycopg.connect(dsn, autocommit=True) as conn:
        case.conn = conn
        assert match_again(case)["participants_updated"] == 1
        assert [p["role"] for p in case.people()] == ["panelist"]
        assert match_again(case)["participants_unchanged"] == 0  # once is enough
