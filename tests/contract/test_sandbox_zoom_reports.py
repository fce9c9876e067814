"""The sandbox's reports have Zoom's gaps in time: late rows, month-wide windows, events left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.zoom.harness import Sandbox
from tests.contract.sandbox_lists import (
    FLAGSHIP,
    encoded,
    history,
    month,
    participants,
    read_list,
    topic_uuid,
)


def test_late_reports_become_whole_and_a_partial_one_never_does() -> None:
    with Sandbox("demo") as zoom:
        told = zoom.truth
        filling = topic_uuid(told, "Report still filling")
        assert len(participants(zoom, filling)) == told["instances"][filling]["late"]["served"]
        assert len(participants(zoom, filling)) == told["instances"][filling]["distinct_rows"]

        uncounted = topic_uuid(told, "Report not counted yet")
        assert zoom.get(f"/report/webinars/{encoded(uncounted)}").json()["duration"] == 0
        assert {row["duration"] for row in participants(zoom, uncounted)} == {0}
        assert sum(row["duration"] for row in participants(zoom, uncounted)) > 0

        partial = topic_uuid(told, "Report that never fills")
        for _ in range(3):
            path = f"/report/webinars/{encoded(partial)}/participants"
            body = zoom.get(path, page_size=300).json()
            assert len(body["participants"]) == body["total_records"] - 7


def test_history_lists_every_instance_of_the_month_with_the_portal_numbers(
    zoom: Sandbox, truth: dict[str, Any]
) -> None:
    for days_ago in (0, 28, 56):
        window = month(days_ago)
        rows = history(zoom, meeting_type="webinar", **window)
        expected = {
            uuid
            for uuid, told in truth["instances"].items()
            if window["from"] <= told["start_time"][:10] <= window["to"]
        }
        assert {row["meeting_uuid"] for row in rows} == expected
    flagship = next(row for row in history(zoom, **month(0)) if row["meeting_id"] == FLAGSHIP)
    assert flagship["unique_viewers"] > 1000
    assert flagship["max_concurrent_views"] > 100


def test_windows_are_a_month_wide_and_six_months_deep(zoom: Sandbox) -> None:
    today = datetime.now(UTC).date()
    bad = [
        (today - timedelta(days=40), today),
        (today, today - timedelta(days=1)),
        (today - timedelta(days=200), today - timedelta(days=190)),
    ]
    for first, last in bad:
        window = {"from": first.isoformat(), "to": last.isoformat()}
        refused = zoom.get("/report/history_meetings", **window)
        assert (refused.status_code, refused.json()["code"]) == (400, 300)
    assert zoom.get("/report/history_meetings").status_code == 400


def test_host_reports_leave_out_events_with_fewer_than_two_people(
    zoom: Sandbox, truth: dict[str, Any]
) -> None:
    alone = topic_uuid(truth, "Nobody came")
    number = truth["instances"][alone]["webinar_id"]
    host = truth["webinars"][str(number)]["host_email"]
    rows = read_list(zoom, f"/report/users/{host}/meetings", "meetings", page_size=300, **month(0))
    assert alone not in {row["uuid"] for row in rows}
    assert {row["type"] for row in rows} >= {5}
    events = history(zoom, **month(0))
    assert alone in {row["meeting_uuid"] for row in events}
    assert {row["type"] for row in events} == {"Webinar", "Meeting"}
