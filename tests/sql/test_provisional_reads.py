"""A read that came short is provisional until two reads agree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.attendance_case import AttendanceCase, Row, row


def ann(**fields: Any) -> Row:
    return row("Ann", **{"email": "ann@x.test", **fields})


def as_read(case: AttendanceCase) -> Row:
    """The last stored session as the row it was staged from."""
    stored = case.sessions()[-1]
    return {
        name: stored[name]
        for name in ("user_id", "name", "email", "join_time", "leave_time", "duration", "status")
    }


@pytest.mark.parametrize(
    ("rows", "how", "status"),
    [
        ([ann(leave=10)], {}, "complete"),
        ([ann(leave=10)], {"total_records": 2}, "provisional"),
        ([ann(join=0, leave=0)], {}, "provisional"),
    ],
    ids=["whole", "fewer rows than stated", "no duration yet"],
)
def test_first_read(case: AttendanceCase, rows: list[Row], how: dict[str, int], status: str) -> None:
    run = case.read(rows, **how)
    assert case.rows("SELECT sync_status FROM zoom_instance_reads") == [{"sync_status": status}]
    assert run["provisional"] == (status == "provisional")


@pytest.mark.parametrize(
    ("totals", "rows"),
    [({"duration_minutes": 0}, [ann(leave=10)]), ({"participants_count": 3}, [])],
    ids=["the instance has no length yet", "nobody, where Zoom counted some"],
)
def test_an_instance_that_zoom_has_not_worked_out_yet_is_provisional(
    case: AttendanceCase, totals: dict[str, int], rows: list[Row]
) -> None:
    case.read(rows, instance_id=case.add_instance("second", **totals))
    assert case.rows("SELECT sync_status FROM zoom_instance_reads") == [{"sync_status": "provisional"}]


def test_two_reads_that_agree_settle_it(case: AttendanceCase) -> None:
    rows = [ann(join=0, leave=10)]
    case.read(rows, total_records=5)
    case.read([*rows, row("Bob", email="bob@x.test", join=20, leave=30)], total_records=5)
    (read,) = case.rows("SELECT sync_status, reads, agreeing_reads, people FROM zoom_instance_reads")
    assert read == {"sync_status": "provisional", "reads": 2, "agreeing_reads": 1, "people": 2}
    case.read([*rows, as_read(case)], total_records=5)
    (read,) = case.rows("SELECT sync_status, reads, agreeing_reads FROM zoom_instance_reads")
    assert read == {"sync_status": "complete", "reads": 3, "agreeing_reads": 2}
