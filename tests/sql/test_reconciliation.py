"""What was stored against Zoom's own totals: which difference agrees, which is explained, and which is one."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from rollcall.store import attendance, runs, webinars
from tests.sql.attendance_case import AttendanceCase, Row, row

ANN = "ann@x.test"
HOST = row("Host", email="host@x.test", leave=9)
TWICE = [row("Ann", email=ANN, leave=10), row("Ann", email=ANN, join=20, leave=30)]
HALF_MINUTES = [row("Ann", email=ANN, join=30 * n, leave=30 * n + 20.5) for n in range(4)]
CROWD = [row(f"Guest {n}", email=f"guest{n}@x.test", leave=1) for n in range(210)]


def compare(
    conn: psycopg.Connection, rows: list[Row], totals: dict[str, Any], total_records: int | None = None
) -> dict[str, tuple[int, int | None, str, str]]:
    """What is said of an instance after one read, by measure: ours, theirs, verdict, meaning."""
    case = AttendanceCase(conn, webinar={"host_email": "host@x.test"}, instance=totals)
    case.read(rows, total_records=total_records)
    return said(case)


def said(case: AttendanceCase) -> dict[str, tuple[int, int | None, str, str]]:
    found = case.rows("SELECT * FROM zoom_instance_reconciliation WHERE instance_id = %s", case.instance_id)
    return {
        each["measure"]: (each["ours"], each["theirs"], each["verdict"], each["meaning"]) for each in found
    }


@pytest.mark.parametrize(
    ("measure", "rows", "theirs", "ours", "verdict", "meaning"),
    [
        ("participants_count", TWICE, None, 1, "not_stated", "no such number"),
        ("participants_count", TWICE, 1, 1, "agrees", "The same number"),
        ("participants_count", TWICE, 2, 1, "explained", "counts joins"),
        ("participants_count", TWICE, 3, 1, "differs", "No known way"),
        ("participants_count", [HOST, *TWICE], 1, 2, "explained", "without the host"),
        ("participants_count", [row("Bob", leave=9), *TWICE], 1, 2, "differs", "No known way"),
        ("participants_count", [row("Eve", leave=9, status="in_waiting_room"), *TWICE], 1, 1, "agrees", "The same"),
        ("unique_viewers", TWICE, 0, 1, "not_stated", "states 0"),
        ("unique_viewers", TWICE, 2, 1, "agrees", "Within one per cent"),
        ("unique_viewers", TWICE, 3, 1, "differs", "No known way"),
        ("unique_viewers", CROWD, 99, 210, "differs", "No known way"),
        ("unique_viewers", CROWD, 212, 210, "agrees", "Within one per cent"),
        ("unique_viewers", CROWD, 213, 210, "differs", "No known way"),
        ("total_minutes", TWICE, 21, 20, "agrees", "Within one per cent"),
        ("total_minutes", HALF_MINUTES, 86, 82, "explained", "rounds each session up"),
        ("total_minutes", HALF_MINUTES, 87, 82, "differs", "No known way"),
        ("total_minutes", HALF_MINUTES, 80, 82, "differs", "No known way"),
    ],
)  # fmt: skip
def test_a_number_of_zooms_is_judged(
    writer: psycopg.Connection, measure: str, rows: list[Row], theirs: int | None, ours: int, verdict: str, meaning: str
) -> None:  # fmt: skip
    found = compare(writer, rows, {measure: theirs})
    name = {"participants_count": "people", "total_minutes": "minutes"}.get(measure, measure)
    assert found[name][:3] == (ours, theirs, verdict)
    assert meaning in found[name][3]


def test_fewer_rows_than_stated_are_not_complete_until_two_reads_agree(case: AttendanceCase) -> None:
    case.add_instance("uuid-of-the-instance", participants_count=9)
    for meaning in ("deltas read it again", "Two reads agree"):
        case.read(TWICE, total_records=9)
        ours, theirs, verdict, why = said(case)["rows"]
        assert (ours, theirs, verdict) == (2, 9, "differs")
        assert meaning in why
        assert ("deltas read it again" in said(case)["people"][3]) == ("deltas" in meaning)


def test_more_rows_than_stated_differ(writer: psycopg.Connection) -> None:
    assert compare(writer, TWICE, {}, total_records=1)["rows"] == (
        2, 1, "differs", "Zoom served more distinct rows than its total_records.",
    )  # fmt: skip


def test_copies_count_among_joins_and_not_among_rows(writer: psycopg.Connection) -> None:
    found = compare(writer, [*TWICE, dict(TWICE[0])], {"participants_count": 3}, total_records=2)
    assert (found["rows"][:3], found["people"][2]) == ((2, 2, "agrees"), "explained")


@pytest.mark.parametrize(("registered", "viewers"), [(False, 2), (True, 2)])
def test_who_is_a_viewer(case: AttendanceCase, registered: bool, viewers: int) -> None:
    """The host and a panelist without a registration are none; a name counts only where nobody registered."""
    case.add_instance("uuid-of-the-instance", host_email="host@x.test", unique_viewers=99)
    panel = [{"panelist_id": "p", "email": "pan@x.test"}, {"panelist_id": "q", "email": "quy@x.test"}]
    webinars.upsert_panelists(case.conn, case.webinar_id, panel)
    case.read(
        [
            row("Host", email="host@x.test", leave=5),
            row("Pan", email="pan@x.test", leave=5),
            row("Quy", email="quy@x.test", leave=5, registrant_id="r1" if registered else None),
            row("Ann", email=ANN, leave=5),
            row("Bob", leave=5),
            row("+1 (202) 555-0101", leave=5),
            row("Eve", email="eve@x.test", leave=5, status="in_waiting_room"),
        ]
    )
    assert said(case)["unique_viewers"][0] == viewers


@pytest.mark.parametrize(("theirs", "verdict"), [(1, "explained"), (9, "differs")])
def test_panelists_who_could_not_be_read_explain_too_many_viewers(
    case: AttendanceCase, theirs: int, verdict: str
) -> None:
    webinars.mark_webinar_gone(case.conn, case.webinar_id)
    case.add_instance("uuid-of-the-instance", unique_viewers=theirs)
    case.read([row(name, email=f"{name}@x.test", leave=5) for name in ("ann", "bob", "pan")])
    assert said(case)["unique_viewers"][:3] == (3, theirs, verdict)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_what_a_run_stored_that_was_ended_before_it_compared_is_compared_by_the_next(
    case: AttendanceCase, status: str
) -> None:
    run_id = case.open_run()
    case.fetch(run_id, TWICE)
    case.work_off(run_id)
    runs.close_run(case.conn, run_id, status)
    assert said(case) == {}
    case.read([row("Bob", leave=5)], instance_id=case.add_instance("second"))
    assert said(case)["rows"][:3] == (2, 2, "agrees")


def test_only_what_is_new_or_changed_is_written(case: AttendanceCase) -> None:
    def compare_again(rows: list[Row]) -> int:
        run_id = case.open_run()
        case.fetch(run_id, rows)
        case.work_off(run_id)
        written = attendance.reconcile(case.conn, run_id)
        case.conn.execute("SELECT finish_sync_run(%s, NULL, NULL, NULL)", (run_id,))
        return written

    more = row("Bob", email="bob@x.test", leave=10)
    assert [compare_again(TWICE), compare_again(TWICE)] == [4, 0]
    assert compare_again([*TWICE, more]) == 4
    assert said(case)["people"][0] == 2
