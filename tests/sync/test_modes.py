"""date_range, webinars and delta: each reads what was asked for, finds what is new and mends what changed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth, stored_people

FLAGSHIP = 88_988_872_033
WEEKLY = 90_100_000_000


def read_uuids(runner: Runner) -> set[str]:
    return {
        row["uuid"]
        for row in runner.rows(
            "SELECT i.uuid FROM zoom_webinar_instances i JOIN webinar_sync_queue q ON q.instance_id = i.id"
        )
    }


def uuids_of(truth: dict[str, Any], *numbers: int) -> set[str]:
    return {uuid for uuid, i in truth["instances"].items() if i["webinar_id"] in numbers}


def test_date_range_reads_every_instance_of_its_days_and_no_other(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    truth = runner.zoom.truth
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=20), today - timedelta(days=10)
    run = runner.sync(mode="date_range", **{"from": first.isoformat(), "to": last.isoformat()})

    def day(text: str) -> date:
        return datetime.fromisoformat(text).date()

    expected = {
        uuid
        for uuid, i in truth["instances"].items()
        if day(i["start_time"]) <= last and day(i["end_time"]) >= first
    }
    assert expected
    assert read_uuids(runner) == expected
    assert_truth(runner, expected)
    assert run["instances_queued"] == len(expected)
    # The mark of deltas stays where it was: this run has not seen everything.
    assert runner.rows("SELECT * FROM sync_state") == []


@pytest.mark.parametrize(
    "given",
    [
        [WEEKLY, FLAGSHIP],
        ["901-0000-0000", "889 8887 2033"],
        "901-0000-0000\n88988872033\n",
        f"{WEEKLY}, {FLAGSHIP}",
    ],
)
def test_webinars_reads_all_past_instances_of_each_id(start: StartRunner, given: Any) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.sync(mode="webinars", webinar_ids=given)
    wanted = uuids_of(runner.zoom.truth, WEEKLY, FLAGSHIP)
    assert read_uuids(runner) == wanted
    assert len(uuids_of(runner.zoom.truth, WEEKLY)) == 8
    assert_truth(runner, wanted)


def test_an_unknown_id_is_a_gap_and_the_others_are_read(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    run = runner.sync(mode="webinars", webinar_ids=[FLAGSHIP, 12_345_678_901])
    assert run["status"] == "completed_with_gaps"
    assert_truth(runner, uuids_of(runner.zoom.truth, FLAGSHIP))
    gaps = runner.rows("SELECT * FROM sync_gaps WHERE object_key = '12345678901' AND NOT is_expected")
    assert gaps
    assert {gap["code"] for gap in gaps} == {3001}
    assert all("12345678901" in gap["reason"] for gap in gaps)
    assert runner.rows("SELECT * FROM zoom_webinars WHERE zoom_webinar_id = 12345678901") == []


def test_an_unknown_id_counts_in_the_runs_that_asked_for_it_only(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.sync(mode="webinars", webinar_ids=[FLAGSHIP, 12_345_678_901])
    assert runner.sync(mode="webinars", webinar_ids=[WEEKLY])["status"] == "completed"
    on_record = runner.rows("SELECT object_key FROM sync_gaps WHERE closed_at IS NULL AND is_expected")
    assert {"object_key": "12345678901"} in on_record
    asked_again = runner.sync(mode="webinars", webinar_ids=[12_345_678_901])
    assert (asked_again["status"], asked_again["gaps"]) == ("completed_with_gaps", 1)


def test_an_expired_id_reads_the_instances_that_are_known(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.sync()
    runner.zoom.edit("expire_id", webinar_id=WEEKLY)
    run = runner.sync(mode="webinars", webinar_ids=[WEEKLY])
    assert run["status"] == "completed"
    assert run["instances_queued"] == 8
    assert runner.rows("SELECT sync_status FROM zoom_webinars WHERE zoom_webinar_id = %s", WEEKLY) == [
        {"sync_status": "gone"}
    ]


def test_a_webinar_that_is_only_planned_can_be_asked_for(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    run = runner.sync(mode="webinars", webinar_ids=[93_000_000_001])
    assert run["status"] == "completed"
    assert runner.rows("SELECT count(*) AS n FROM zoom_registrants")[0]["n"] == 25


def test_a_delta_finds_a_new_instance(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.sync()
    runner.sync(mode="delta")
    uuid = runner.zoom.edit("add_instance", webinar_id=WEEKLY, rows=40)["uuid"]
    run = runner.sync(mode="delta")
    assert run["sessions_inserted"] == 40
    assert_truth(runner, [uuid])


def test_a_delta_gives_panelists_their_role_in_attendance_that_it_does_not_read(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.sync()
    runner.sync(mode="delta")
    with closing(runner.connect()) as conn:
        # As if the panel had been put together after all this was read, and a day ago.
        conn.execute("DELETE FROM zoom_panelists")
        conn.execute("UPDATE zoom_participants SET role = 'attendee' WHERE role = 'panelist'")
        conn.execute("UPDATE zoom_webinar_reads SET read_at = read_at - interval '1 day'")
    run = runner.sync(mode="delta")
    assert run["status"] == "completed"
    assert run["participants_updated"] > 0
    assert_truth(runner)
    assert runner.sync(mode="delta")["participants_updated"] == 0


def test_a_corrected_leave_updates_the_session_and_the_person(start: StartRunner) -> None:
    runner = start("seed", "--scale", "0.1")
    runner.sync()
    uuid = next(iter(runner.zoom.truth["instances"]))
    ids = "SELECT session_id, participant_id, user_id FROM zoom_participant_sessions ORDER BY session_id"
    before, writes = runner.rows(ids), runner.writes()
    changed = runner.zoom.edit("change_leave", uuid=uuid, seconds=45)

    run = runner.sync()
    assert (run["sessions_updated"], run["sessions_inserted"]) == (1, 0)
    assert runner.rows(ids) == before
    assert_truth(runner)
    session = runner.rows("SELECT * FROM zoom_participant_sessions WHERE user_id = %s", changed["user_id"])
    assert session[0]["leave_time"] == datetime.fromisoformat(changed["leave_time"])
    after = runner.writes()
    assert after["zoom_participant_sessions"][1] == writes["zoom_participant_sessions"][1] + 1
    assert after["zoom_participants"][1] == writes["zoom_participants"][1] + 1


def test_late_rows_that_join_two_people_merge_them_without_a_trace_left(start: StartRunner) -> None:
    runner = start("demo", "--scale", "1")
    late = next(
        uuid
        for uuid, i in runner.zoom.truth["instances"].items()
        if i["late"] and i["late"]["kind"] == "fewer_rows"
    )
    runner.sync()
    kept = (
        "SELECT p.id FROM zoom_participants p JOIN zoom_webinar_instances i ON i.id = p.instance_id"
        " WHERE i.uuid = %s"
    )
    early = {row["id"] for row in runner.rows(kept, late)}
    sessions = {
        row["session_id"]
        for row in runner.rows(
            "SELECT s.session_id FROM zoom_participant_sessions s JOIN zoom_webinar_instances i ON i.id = s.instance_id"
            " WHERE i.uuid = %s",
            late,
        )
    }
    runner.sync(mode="delta")
    assert_truth(runner, [late])
    whole = {row["id"] for row in runner.rows(kept, late)}
    assert len(stored_people(runner, [late])[late]) == len(whole), "a person was left behind without sessions"
    assert early & whole, "people got other ids"
    still = runner.rows(
        "SELECT s.session_id FROM zoom_participant_sessions s JOIN zoom_webinar_instances i ON i.id = s.instance_id"
        " WHERE i.uuid = %s",
        late,
    )
    assert sessions <= {row["session_id"] for row in still}
