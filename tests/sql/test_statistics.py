"""Attendance in numbers: what each number means, held against a count of every second."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from rollcall.store import webinars
from tests.sql.attendance_case import START, AttendanceCase, Row, at, row
from tests.sql.crowd import gather, numbers

ABOUT_WEBINAR = "SELECT * FROM webinar_attendance_analytics WHERE webinar_id = %s"
ABOUT_INSTANCE = "SELECT * FROM instance_attendance_analytics WHERE instance_id = %s"


def webinar(case: AttendanceCase) -> dict[str, Any]:
    """What the view says of the case's webinar."""
    return case.rows(ABOUT_WEBINAR, case.webinar_id)[0]


def instance(case: AttendanceCase, instance_id: int | None = None) -> dict[str, Any]:
    """What the view says of an instance, the case's first where none is given."""
    return case.rows(ABOUT_INSTANCE, instance_id or case.instance_id)[0]


def register(case: AttendanceCase, *people: tuple[str, str, str]) -> None:
    """Store registrants given as id, e-mail, status."""
    records = [{"registrant_id": key, "email": mail, "status": status} for key, mail, status in people]
    webinars.upsert_registrants(case.conn, case.webinar_id, records)


@pytest.mark.parametrize("seed", range(6))
def test_every_number_is_what_counting_each_second_gives(case: AttendanceCase, seed: int) -> None:
    crowd = gather(seed)
    register(case, *((f"r-{v.mail}", v.mail, v.registration) for v in crowd if v.registration))
    case.read([given for visitor in crowd for given in visitor.rows])
    expected = numbers(crowd)
    for found in (instance(case), webinar(case)):
        found["peak_at"] = (found["peak_at"] - START).total_seconds()
        approximate = ("average_attended_minutes", "median_attended_minutes", "attendance_rate")
        exact = expected.keys() - set(approximate)
        assert {key: found[key] for key in exact} == {key: expected[key] for key in exact}
        for key in approximate:
            assert float(found[key]) == pytest.approx(expected[key], abs=0.1), key
    assert instance(case)["rejoiner_share"] == webinar(case)["rejoiner_share"]


class TestWhoCounts:
    def test_host_panel_and_waiting_room_are_apart(self, writer: psycopg.Connection) -> None:
        case = AttendanceCase(writer, instance={"host_email": "host@x.test"})
        webinars.upsert_panelists(writer, case.webinar_id, [{"panelist_id": "p", "email": "pan@x.test"}])
        case.read(
            [
                row("Host", email="host@x.test", leave=60),
                row("Pan", email="pan@x.test", leave=60),
                row("Ann", email="ann@x.test", leave=10),
                row("Eve", email="eve@x.test", leave=10, status="in_waiting_room"),
            ]
        )
        for found in (instance(case), webinar(case)):
            counted = (
                "actual_participant_count",
                "hosts",
                "panelists",
                "never_let_in",
                "sessions",
                "peak_concurrency",
            )
            assert [found[key] for key in counted] == [1, 1, 1, 1, 3, 1]

    @pytest.mark.parametrize(
        "rows",
        [
            [row("Eve", leave=10, status="in_waiting_room")],
            [],
            [row("No times", join=None), row("No length", join=5, leave=5)],
        ],
        ids=["waiting room only", "nobody", "no stay of any length"],
    )
    def test_what_cannot_be_told_is_null_or_zero(self, case: AttendanceCase, rows: list[Row]) -> None:
        case.read(rows)
        for found in (instance(case), webinar(case)):
            assert found["peak_concurrency"] == 0
            assert found["peak_at"] is None
            assert found["attendance_rate"] is None
            assert found["rejoiners"] == 0

    def test_a_panel_without_an_audience(self, case: AttendanceCase) -> None:
        webinars.upsert_panelists(case.conn, case.webinar_id, [{"panelist_id": "p", "email": "pan@x.test"}])
        case.read([row("Pan", email="pan@x.test", leave=60)])
        found = webinar(case)
        assert (found["actual_participant_count"], found["panelists"]) == (0, 1)
        assert found["average_attended_minutes"] is None

    def test_who_comes_to_three_instances_counts_once(self, case: AttendanceCase) -> None:
        first = [row("Ann", registrant_id="r1", email="ann@x.test", leave=5), row("Unknown", leave=5)]
        second = [row("Ann", email="ANN@x.test", participant_user_id="u1", leave=5), row("Unknown", leave=5)]
        third = [row("A.", participant_user_id="u1", leave=5), row("Bob", email="bob@x.test", leave=5)]
        for number, rows in enumerate((first, second, third)):
            case.read(rows, instance_id=case.add_instance(f"instance-{number}"))
        found = webinar(case)
        assert found["actual_participant_count"] == 4, (
            "Ann along a chain of keys, Bob, and two without any key"
        )
        assert found["attendances"] == 6

    def test_a_start_to_which_nobody_came_changes_nothing(self, case: AttendanceCase) -> None:
        register(case, ("r1", "ann@x.test", "approved"))
        case.read([])
        case.read([row("Ann", registrant_id="r1", leave=10)], instance_id=case.add_instance("second"))
        found = webinar(case)
        assert (found["registrants_attended"], found["absentees"]) == (1, 0)
        assert (found["median_attended_minutes"], found["actual_participant_count"]) == (10, 1)

    def test_the_middle_of_a_series_is_that_of_its_audience(self, writer: psycopg.Connection) -> None:
        case = AttendanceCase(writer, webinar={"host_email": "host@x.test"})
        for name, minutes in (("first", 10), ("second", 20)):
            rows = [row("Host", email="host@x.test", leave=60), row("Ann", email="ann@x.test", leave=minutes)]
            case.read(rows, instance_id=case.add_instance(name))
        found = webinar(case)
        assert (found["median_attended_minutes"], found["average_attended_minutes"]) == (15, 15)


class TestRegistrants:
    def test_an_approved_registrant_is_found_by_id_or_e_mail_of_any_case(self, case: AttendanceCase) -> None:
        register(
            case,
            ("r1", "ann@x.test", "approved"),
            ("r2", "Bob@X.test", "approved"),
            ("r3", "cid@x.test", "approved"),
            ("r4", "dan@x.test", "pending"),
            ("r5", "eve@x.test", "denied"),
        )
        case.read(
            [
                row("Ann", registrant_id="r1", email="other@x.test", leave=5),
                row("Bob", email="BOB@x.test", leave=5),
                row("Cid", email="cid@x.test", leave=5, status="in_waiting_room"),
                row("Dan", registrant_id="r4", leave=5),
            ]
        )
        for found in (instance(case), webinar(case)):
            parts = (
                "registrants",
                "registrants_pending",
                "registrants_denied",
                "registrants_attended",
                "absentees",
            )
            assert [found[key] for key in parts] == [3, 1, 1, 2, 1]
            assert float(found["attendance_rate"]) == 66.7

    def test_who_came_to_another_instance_is_no_absentee_of_the_webinar(self, case: AttendanceCase) -> None:
        register(case, ("r1", "ann@x.test", "approved"), ("r2", "bob@x.test", "approved"))
        case.read([row("Ann", registrant_id="r1", leave=5)])
        case.read([row("Bob", registrant_id="r2", leave=5)], instance_id=case.add_instance("second"))
        assert [instance(case)["absentees"], webinar(case)["absentees"]] == [1, 0]


class TestRejoinsAndEnds:
    def test_a_second_device_is_no_rejoin_and_counts_once_in_the_peak(self, case: AttendanceCase) -> None:
        case.read(
            [
                row("Two devices", email="a@x.test", join=0, leave=30),
                row("Two devices", email="a@x.test", join=10, leave=20),
                row("In one second", email="b@x.test", join=0, leave=10),
                row("In one second", email="b@x.test", join=10, leave=20),
                row("Back", email="c@x.test", join=0, leave=10),
                row("Back", email="c@x.test", join=11, leave=20),
            ]
        )
        found = instance(case)
        assert (found["rejoiners"], found["rejoins"], found["peak_concurrency"]) == (1, 1, 3)

    def test_who_joins_as_another_leaves_does_not_meet_them(self, case: AttendanceCase) -> None:
        case.read([row("A", join=n, leave=n + 1, email=f"{n}@x.test") for n in range(5)])
        assert (instance(case)["peak_concurrency"], instance(case)["peak_at"]) == (1, at(0))

    @pytest.mark.parametrize(("joins_at", "peak"), [(10.4, 1), (10.3, 2)])
    def test_a_fraction_of_a_second_is_enough_to_meet(
        self, case: AttendanceCase, joins_at: float, peak: int
    ) -> None:
        case.read(
            [
                row("A", email="a@x.test", join=0, leave=10.4 / 60),
                row("B", email="b@x.test", join=joins_at / 60, leave=1),
            ]
        )
        assert instance(case)["peak_concurrency"] == peak

    def test_who_was_there_all_along_did_not_come_back(self, case: AttendanceCase) -> None:
        case.read(
            [
                row("A", email="a@x.test", join=0, leave=30),
                row("A", email="a@x.test", join=5, leave=10),
                row("A", email="a@x.test", join=20, leave=40),
                row("B", email="b@x.test", join=35, leave=50),
            ]
        )
        found = instance(case)
        assert (found["rejoins"], found["peak_concurrency"], found["peak_at"]) == (0, 2, at(35))

    def test_who_came_back_was_there_until_each_leave_whatever_duration_was_stated(
        self, case: AttendanceCase
    ) -> None:
        case.read(
            [
                row("A", email="a@x.test", join=0, leave=10, duration=60),
                row("A", email="a@x.test", join=20, leave=30, duration=60),
                row("B", email="b@x.test", join=5, leave=15),
            ]
        )
        found = instance(case)
        assert (found["peak_concurrency"], found["peak_at"], found["rejoins"]) == (2, at(5), 1)

    @pytest.mark.parametrize(
        ("fields", "stayed"),
        [
            ({"end_time": at(100).isoformat()}, 1),
            ({"end_time": None, "duration_minutes": 60}, 2),
            ({"end_time": None, "duration_minutes": None}, 1),
            ({"end_time": None, "duration_minutes": None, "start_time": None}, 1),
        ],
        ids=["end", "start and duration", "last leave", "no times at all"],
    )
    def test_the_end_is_the_best_one_known(
        self, writer: psycopg.Connection, fields: dict[str, Any], stayed: int
    ) -> None:
        case = AttendanceCase(writer, instance=fields)
        case.read([row("A", email="a@x.test", leave=56), row("B", email="b@x.test", leave=98)])
        assert instance(case)["stayed_to_end"] == stayed

    def test_a_session_over_midnight_is_one_stay(self, case: AttendanceCase) -> None:
        case.read([row("A", join=13 * 60, leave=15 * 60)])
        assert (instance(case)["attended_minutes"], instance(case)["peak_at"]) == (120, at(13 * 60))
