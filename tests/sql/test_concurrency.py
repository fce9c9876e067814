"""Who was there at once, and when they left: the curves, held against a count of every second."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest

from rollcall.store import webinars
from tests.sql.attendance_case import START, AttendanceCase, at, row
from tests.sql.crowd import gather, present

CURVE = "SELECT * FROM instance_concurrency(%s, %s)"
RETENTION = "SELECT * FROM instance_retention(%s, %s)"
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [60, 300, 7, 1])
def test_the_curve_is_what_counting_each_second_gives(case: AttendanceCase, seconds: int) -> None:
    crowd = gather(seconds, 30)
    case.read([given for visitor in crowd for given in visitor.rows])
    found = case.rows(CURVE, "uuid-of-the-instance", timedelta(seconds=seconds))
    for bucket in found:
        first = round((bucket["bucket_start"] - START).total_seconds())
        counts = [present(crowd, second) for second in range(first, first + seconds)]
        assert (bucket["people"], bucket["people_peak"]) == (counts[0], max(counts))
    starts = [bucket["bucket_start"] for bucket in found]
    assert {after - before for before, after in pairwise(starts)} == {timedelta(seconds=seconds)}
    everyone = set().union(*(visitor.seconds for visitor in crowd))
    assert starts[0] <= START + timedelta(seconds=min(everyone)) < starts[0] + timedelta(seconds=seconds)
    assert starts[-1] <= START + timedelta(seconds=max(everyone)) < starts[-1] + timedelta(seconds=seconds)
    shown = case.rows("SELECT peak_concurrency FROM instance_attendance_analytics")
    assert max(bucket["attendees_peak"] for bucket in found) == shown[0]["peak_concurrency"]


def test_retention_is_what_counting_each_second_gives(case: AttendanceCase) -> None:
    crowd = gather(3, 30)
    case.read([given for visitor in crowd for given in visitor.rows])
    found = case.rows(RETENTION, str(case.instance_id), MINUTE)
    came = [visitor for visitor in crowd if visitor.seconds]
    for bucket in found:
        second = round((bucket["bucket_start"] - START).total_seconds())
        assert bucket["came"] == len(came)
        assert bucket["arrived"] == sum(min(visitor.seconds) <= second for visitor in came)
        assert bucket["present"] == present(came, second)
        assert bucket["remaining"] == sum(max(visitor.seconds) >= second for visitor in came)
        assert float(bucket["present_share"]) == pytest.approx(100 * bucket["present"] / len(came), abs=0.05)
    assert found[0]["minutes"] == 0
    assert found[0]["remaining_share"] == 100
    assert found[-1]["remaining"] > 0


def test_host_and_panel_are_people_but_no_audience(writer: psycopg.Connection) -> None:
    case = AttendanceCase(writer, instance={"host_email": "host@x.test"})
    webinars.upsert_panelists(writer, case.webinar_id, [{"panelist_id": "p", "email": "pan@x.test"}])
    staff = [row("Host", email="host@x.test", leave=3), row("Pan", email="pan@x.test", leave=3)]
    case.read([*staff, row("Ann", email="ann@x.test", join=1, leave=2)])
    found = case.rows(CURVE, str(case.instance_id), MINUTE)
    assert [(b["people"], b["attendees"]) for b in found] == [(2, 0), (3, 1), (2, 0)]
    assert [b["came"] for b in case.rows(RETENTION, str(case.instance_id), MINUTE)] == [1]


def test_a_break_shows_as_empty_buckets(case: AttendanceCase) -> None:
    case.read([row("A", join=0, leave=1), row("B", join=4, leave=5)])
    found = case.rows(CURVE, str(case.instance_id), MINUTE)
    assert [(b["bucket_start"], b["people_peak"]) for b in found] == [
        (at(0), 1),
        (at(1), 0),
        (at(2), 0),
        (at(3), 0),
        (at(4), 1),
    ]


@pytest.mark.parametrize("query", [CURVE, RETENTION])
class TestArguments:
    @pytest.mark.parametrize(
        "instance", [None, "", "nothing", "0", "-1", "99999999999999999999", "%' OR 1=1"]
    )
    def test_an_unknown_instance_has_no_rows(
        self, case: AttendanceCase, query: str, instance: str | None
    ) -> None:
        case.read([row("A", leave=1)])
        assert case.rows(query, instance, MINUTE) == []

    def test_an_instance_without_anybody_has_no_rows(self, case: AttendanceCase, query: str) -> None:
        case.read([row("A", leave=1, status="in_waiting_room"), row("B", join=3, leave=3)])
        assert case.rows(query, str(case.instance_id), MINUTE) == []

    @pytest.mark.parametrize("bucket", [None, "0", "-1 minute", "1 month", "2 days", "1 microsecond"])
    def test_a_bucket_that_makes_no_sense_is_refused_with_a_hint(
        self, case: AttendanceCase, query: str, bucket: str | None
    ) -> None:
        case.read([row("A", leave=60)])
        with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
            case.rows(query, str(case.instance_id), bucket)
        assert "1 minute" in (refused.value.diag.message_hint or "")


def test_a_minute_is_the_default(case: AttendanceCase) -> None:
    case.read([row("A", leave=60)])
    for name in ("instance_concurrency", "instance_retention"):
        assert len(case.rows(f"SELECT * FROM {name}('uuid-of-the-instance')")) == 60  # noqa: S608
