"""Every past instance is found, whichever of Zoom's lists an account may read."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth, wrong_instances

DAY_MINUTES = 24 * 60
UNSEEN = (
    "SELECT object_kind, object_key FROM sync_gaps"
    " WHERE object_kind IN ('history', 'host') AND closed_at IS NULL AND NOT is_expected"
)


def found(runner: Runner) -> set[str]:
    return {row["uuid"] for row in runner.rows("SELECT uuid FROM zoom_webinar_instances")}


def test_without_the_account_history_each_host_is_asked(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    runner.zoom.fault("scope_missing", match="history_meetings", times=-1)
    run = runner.sync()

    truth = runner.zoom.truth["instances"]
    # Nobody but the host came, its id is alive: only the webinar's own list of instances has it.
    assert any(len(i["people"]) == 1 for i in truth.values())
    webinars = runner.zoom.truth["webinars"]
    reachable = {
        uuid
        for uuid, i in truth.items()
        if i["end_time"] > "2000"
        and not (len(i["people"]) < 2 and webinars[str(i["webinar_id"])]["expired"])
        and not (i["gap"] and i["gap"]["code"] == 12702 and webinars[str(i["webinar_id"])]["expired"])
    }
    assert found(runner) == reachable == truth.keys()
    deactivated = {
        uuid for uuid, i in truth.items() if webinars[str(i["webinar_id"])]["host_email"].startswith("tariq")
    }
    assert deactivated
    assert_truth(runner, [uuid for uuid, i in truth.items() if not i["late"]])
    assert run["status"] == "completed_with_gaps"
    history = runner.rows("SELECT * FROM sync_gaps WHERE object_kind = 'history'")
    assert [(gap["object_key"], gap["is_expected"]) for gap in history] == [("account", True)]


@pytest.mark.parametrize(("profile", "workers"), [("seed", 2), ("empty", 0)])
def test_no_worker_is_started_that_has_no_list_to_read(
    start: StartRunner, profile: str, workers: int
) -> None:
    runner = start(profile, "--scale", "0.1")
    assert runner.discover(runner.open(fetch_workers=16)).workers == workers


def test_a_full_sync_goes_back_to_the_last_day_that_zoom_serves(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    number = 91_000_000_000
    runner.zoom.edit("expire_id", webinar_id=number)
    old = [
        runner.zoom.edit("add_instance", webinar_id=number, ended_minutes_ago=days * DAY_MINUTES)["uuid"]
        for days in (31, 60, 100, 149, 151, 175, 180)
    ]
    runner.sync()
    assert found(runner) >= set(old)
    assert_truth(runner, old)


def test_host_by_host_goes_back_as_far(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    number = 91_000_000_000
    runner.zoom.edit("expire_id", webinar_id=number)
    runner.zoom.fault("scope_missing", match="history_meetings", times=-1)
    old = [
        runner.zoom.edit("add_instance", webinar_id=number, ended_minutes_ago=days * DAY_MINUTES)["uuid"]
        for days in (31, 60, 100, 149, 151, 175, 180)
    ]
    runner.sync()
    assert found(runner) >= set(old)


def test_host_by_host_finds_what_ran_into_the_first_day_over_midnight(start: StartRunner) -> None:
    runner = start("seed", "--scale", "0.1")
    runner.zoom.fault("scope_missing", match="history_meetings", times=-1)
    (number,) = runner.zoom.truth["webinars"]
    now = datetime.now(UTC)
    day = now.date() - timedelta(days=2)
    ended = datetime.combine(day, time(0, 15), UTC)
    minutes = (now - ended).total_seconds() / 60
    over_midnight = runner.zoom.edit("add_instance", webinar_id=int(number), ended_minutes_ago=minutes)[
        "uuid"
    ]
    runner.zoom.edit("expire_id", webinar_id=int(number))
    assert runner.sync(mode="date_range", **{"from": str(day), "to": str(day)})["rows_fetched"] > 0
    assert_truth(runner, [over_midnight])


def test_a_history_list_that_never_ends_is_a_gap_and_not_the_end_of_the_account(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault("empty_page", match="history_meetings")
    runner.zoom.fault("repeat_token", match="history_meetings", times=2)
    run = runner.sync()
    gaps = runner.rows("SELECT * FROM sync_gaps WHERE object_kind = 'history' AND NOT is_expected")
    assert gaps, "half a list was taken for the whole"
    assert run["status"] == "completed_with_gaps"


@pytest.mark.parametrize(
    ("kind", "after"),
    [("500", 2), ("500", 0), ("invalid_300", 0)],
    ids=["in the middle", "at once", "refused"],
)
def test_where_the_accounts_history_is_not_whole_the_hosts_tell(
    start: StartRunner, kind: str, after: int
) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault(kind, match="history_meetings", after=after, times=-1)
    assert runner.sync()["status"] == "completed_with_gaps"
    assert found(runner) == runner.zoom.truth["instances"].keys()
    assert runner.rows(UNSEEN) == [{"object_kind": "history", "object_key": "account"}]


@pytest.mark.parametrize(
    ("kind", "match", "gap"),
    [("invalid_300", "report/users/uA1", "history"), ("500", "/v2/users/uA1[^/]*/webinars", "host")],
)
def test_a_host_whose_list_is_refused_is_a_gap(start: StartRunner, kind: str, match: str, gap: str) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault("scope_missing", match="history_meetings", times=-1)
    runner.zoom.fault(kind, match=match, times=-1)
    assert runner.sync()["status"] == "completed_with_gaps"
    assert [row["object_kind"] for row in runner.rows(UNSEEN)] == [gap]


@pytest.mark.parametrize(
    ("kind", "match"), [("invalid_300", "report/users/uA1"), ("500", "/v2/users/uA1[^/]*/webinars")]
)
def test_what_a_host_lacked_who_was_deleted_since_counts_no_more(
    start: StartRunner, kind: str, match: str
) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault("scope_missing", match="history_meetings", times=-1)
    runner.zoom.fault(kind, match=match, times=-1)
    runner.sync()
    (gap,) = runner.rows(UNSEEN)
    runner.zoom.edit("delete_host", host=gap["object_key"].removeprefix("host "))
    runner.sync(mode="delta")
    assert runner.rows(UNSEEN) == []
    refused = runner.rows("SELECT is_expected FROM sync_gaps WHERE object_key = %s", gap["object_key"])
    assert refused == [{"is_expected": True}]


@pytest.mark.parametrize("refused", [r"/v2/users\?|history_meetings", "history_meetings|report/users/uA1"])
def test_after_a_hole_in_discovery_deltas_read_all_that_was_not_seen(
    start: StartRunner, refused: str
) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault("scope_missing", match=refused, times=-1)
    assert runner.sync()["status"] == "completed_with_gaps"
    assert wrong_instances(runner, runner.zoom.truth)
    runner.zoom.clear_faults()
    today = str(datetime.now(UTC).date())
    runner.sync(mode="date_range", **{"from": today, "to": today})
    assert runner.rows(UNSEEN), "a look at one day says nothing of the others"
    runner.sync(mode="delta")
    runner.sync(mode="delta")
    assert_truth(runner)
    assert runner.rows(UNSEEN) == []


def test_a_list_of_discovery_whose_page_token_dies_begins_again(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.2")
    runner.zoom.fault("empty_page", match="history_meetings")
    runner.zoom.fault("page_token_expired", match="history_meetings")
    run = runner.sync()
    assert run["instances_found"] == len(runner.zoom.truth["instances"])
    assert runner.rows("SELECT FROM sync_gaps WHERE object_kind = 'history'") == []
