"""Whatever Zoom does wrong on the way, the attendance is the truth's in the end."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.errors import Parked, ReconnectNeeded, ServerFault, SourceError
from rollcall.store import queue
from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth, stored_people, true_people

REPORT = r"/report/webinars/[^/?]+/participants"
SMALL = ("seed", "--scale", "0.3")
"""One instance with three pages of rows, and registrants on three pages."""


def only_instance(runner: Runner) -> tuple[str, dict[str, Any]]:
    instances: dict[str, dict[str, Any]] = runner.zoom.truth["instances"]
    return next(iter(instances.items()))


PASSING = [
    {"kind": kind}
    for kind in ("500", "503", "cut_body", "broken_json", "html_body", "drop", "token_expired_401")
]
PASSING += [{"kind": "page_token_expired"}, {"kind": "empty_page"}, {"kind": "qps429", "retry_after": "none"}]
FINER_POINTS = [
    {"kind": "500", "times": 2, "after": 1},
    {"kind": "503", "retry_after": "seconds", "seconds": 1},
    {"kind": "qps429", "retry_after": "seconds", "seconds": 1},
    {"kind": "qps429", "retry_after": "http_date", "seconds": 1},
    {"kind": "qps429", "retry_after": "iso", "seconds": 1},
    {"kind": "page_token_expired", "after": 1, "times": 2},
    {"kind": "empty_page", "after": 1},
    {"kind": "empty_page", "after": 2, "times": 2},
]


@pytest.mark.parametrize(
    ("match", "fault"),
    [
        *((REPORT, fault) for fault in [*PASSING, *FINER_POINTS]),
        *(("/registrants", fault) for fault in PASSING),
        *(("/users", fault) for fault in PASSING if fault["kind"] != "page_token_expired"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(str(part) for part in value.values()),
)
def test_a_passing_fault_costs_nothing(start: StartRunner, match: str, fault: dict[str, Any]) -> None:
    runner = start(*SMALL)
    runner.zoom.fault(**fault, match=match)
    run = runner.sync()
    assert run["status"] == "completed"
    assert_truth(runner)
    _, truth = only_instance(runner)
    assert run["rows_fetched"] == run["sessions_inserted"] == truth["distinct_rows"]
    assert run["rows_duplicate"] == 0
    registered = next(iter(runner.zoom.truth["webinars"].values()))["registrants"]["approved"]
    assert len(runner.everything("zoom_registrants")) == registered
    assert runner.everything("zoom_participant_staging") == []


def test_retry_after_is_waited_for_in_full(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("qps429", match=REPORT, retry_after="seconds", seconds=2)
    begun = time.monotonic()
    run = runner.sync()
    assert time.monotonic() - begun >= 2
    assert run["status"] == "completed"
    assert runner.zoom.calls()["too_many_requests"] == 1


@pytest.mark.parametrize("retry_after", ["seconds", "http_date", "iso"])
def test_a_daily_limit_parks_until_the_stated_time_and_keeps_what_was_fetched(
    start: StartRunner, retry_after: str
) -> None:
    runner = start("headline", "--scale", "0.05")
    told = datetime.now(UTC) + timedelta(hours=2)
    runner.zoom.fault("daily429", match=REPORT, after=40, times=-1, retry_after=retry_after, seconds=7200)
    run_id = runner.open()
    runner.discover(run_id)
    with pytest.raises(Parked) as parked:
        runner.fetch(run_id)
    assert parked.value.until.tzinfo is not None
    runner.store(run_id)
    stored = runner.rows(
        "SELECT count(*) AS n FROM webinar_sync_queue WHERE status = 'done' AND kind = 'participants'"
    )
    assert stored[0]["n"] > 20
    assert stored_people(runner)
    with pytest.raises(Parked):
        runner.fetch(run_id, "worker-1")

    assert parked.value.until >= told - timedelta(seconds=1)

    runner.zoom.clear_faults()
    runner.let_parked_time_pass()
    runner.zoom.reset_calls()
    runner.fetch_with(run_id, 2)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)
    pages = [n for target, n in runner.zoom.calls()["pages"].items() if "/report/" in target]
    assert set(pages) == {1}
    assert len(pages) < 300


def test_a_refused_report_falls_back_and_says_so(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    runner.zoom.fault("scope_missing", match="report/webinars", times=-1)
    run = runner.sync()
    truth = runner.zoom.truth
    sources = {
        row["attendance_source"]
        for row in runner.rows("SELECT attendance_source FROM zoom_webinar_instances")
    } - {None}
    assert sources == {"past_webinars"}
    assert {
        row["attendance_source"]
        for row in runner.rows("SELECT attendance_source FROM zoom_participant_sessions")
    } == {"past_webinars"}
    assert run["errors"] < 20, "one missing scope is one thing to say, not one for each instance"

    uuid = next(u for u, i in truth["instances"].items() if len(i["people"]) > 300)
    poorer = runner.zoom.instance_truth(uuid, "past_webinars")
    assert stored_people(runner, [uuid])[uuid] == true_people(poorer)

    # The scope is granted: the better list takes over and nothing of the weaker one counts any more.
    runner.zoom.clear_faults()
    runner.sync()
    runner.sync(mode="delta")
    assert_truth(runner)
    counting = runner.rows(
        "SELECT DISTINCT attendance_source FROM zoom_participant_sessions WHERE superseded_at IS NULL"
    )
    assert [row["attendance_source"] for row in counting] == ["report"]


def test_a_scope_lost_later_keeps_the_better_rows(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.sync()
    before = runner.writes()
    runner.zoom.fault("scope_missing", match="report/webinars", times=-1)
    run = runner.sync()
    assert runner.writes() == before
    assert run["rows_kept_back"] == run["rows_fetched"] == only_instance(runner)[1]["distinct_rows"]
    assert_truth(runner)


def test_a_refusal_in_the_middle_of_a_list_never_mixes_the_two(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("scope_missing", match=REPORT, after=1, times=-1)
    run = runner.sync()
    uuid, truth = only_instance(runner)
    sessions = runner.rows("SELECT DISTINCT attendance_source FROM zoom_participant_sessions")
    assert [row["attendance_source"] for row in sessions] == ["past_webinars"]
    assert run["rows_fetched"] == run["sessions_inserted"] == truth["distinct_rows"]
    assert stored_people(runner, [uuid])[uuid] == true_people(
        runner.zoom.instance_truth(uuid, "past_webinars")
    )


@pytest.mark.parametrize("times", [1, -1])
def test_a_failure_dressed_as_success_is_no_attendance(start: StartRunner, times: int) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("200_error_body", match=REPORT, times=times)
    runner.sync()
    uuid, _ = only_instance(runner)
    assert stored_people(runner, [uuid])[uuid] == true_people(
        runner.zoom.instance_truth(uuid, "past_webinars")
    )
    runner.zoom.clear_faults()
    runner.sync()
    assert_truth(runner)


@pytest.mark.parametrize(("first", "second"), [("past_webinars", "report"), ("report", "past_webinars")])
def test_many_rows_are_never_replaced_by_none(start: StartRunner, first: str, second: str) -> None:
    runner = start(*SMALL)
    if first == "past_webinars":
        runner.zoom.fault("scope_missing", match="report/webinars", times=-1)
    runner.sync()
    uuid, _ = only_instance(runner)
    before, writes = stored_people(runner, [uuid]), runner.writes()

    run_id = runner.open()
    runner.discover(run_id)
    with runner.connect() as conn:
        conn.execute(
            "UPDATE webinar_sync_queue SET status = 'done' WHERE kind <> 'participants' AND run_id = %s",
            [run_id],
        )
        item = queue.lease(conn, run_id, "worker-0")
        assert item is not None
        queue.advance(conn, item, next_page_token="", rows=0, total_records=0, list_source=second)
        queue.settle(conn, item, "fetched")
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert stored_people(runner, [uuid]) == before
    assert runner.writes() == writes


def test_a_repeated_page_token_is_a_gap_and_the_next_run_fills_it(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("repeat_token", match=REPORT)
    run = runner.sync()
    uuid, _ = only_instance(runner)
    assert run["status"] == "completed_with_gaps"
    gap = runner.rows("SELECT * FROM sync_gaps WHERE object_key = %s", uuid)[0]
    assert "repeated a page token" in gap["reason"]
    accounted = sum(
        run[column]
        for column in (
            *("rows_duplicate", "rows_rejected", "rows_kept_back"),
            *("sessions_inserted", "sessions_updated", "sessions_unchanged"),
        )
    )
    assert run["rows_fetched"] == accounted
    delta = runner.sync(mode="delta")
    assert delta["status"] == "completed"
    assert_truth(runner)
    assert runner.rows("SELECT * FROM sync_gaps WHERE closed_at IS NULL AND NOT is_expected") == []


def test_half_a_surrogate_costs_one_name_a_character_and_nobody_else_anything(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("lone_surrogate", match=REPORT)
    run = runner.sync()
    assert run["status"] == "completed"
    _, truth = only_instance(runner)
    assert run["sessions_inserted"] == truth["distinct_rows"]
    names = runner.rows(
        "SELECT name FROM zoom_participant_sessions WHERE name LIKE %s", "\N{REPLACEMENT CHARACTER}%"
    )
    assert len(names) == 1
    runner.sync()
    assert_truth(runner)


def test_dead_credentials_say_reconnect_and_mark_the_connection(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("invalid_grant", times=-1)
    run_id = runner.open()
    with pytest.raises(ReconnectNeeded, match="Reconnect needed for sandbox"):
        runner.discover(run_id)
    marked = runner.rows("SELECT reconnect_needed_at, reconnect_reason FROM zoom_connections")[0]
    assert marked["reconnect_needed_at"] is not None
    assert marked["reconnect_reason"]
    assert runner.finish(run_id, failed_task="discover") == "failed"


@pytest.mark.parametrize(
    "match", ["/registrants", "/panelists", r"/v2/webinars/\d+$", r"past_webinars/\d+/instances"]
)
def test_a_list_that_failed_is_asked_again_by_the_next_delta(start: StartRunner, match: str) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("500", match=match, times=-1)
    run = runner.sync()
    assert run["status"] == "completed_with_gaps"
    people = runner.rows("SELECT count(*) AS n FROM zoom_participants")[0]["n"]
    assert people == len(only_instance(runner)[1]["people"])
    runner.zoom.clear_faults()
    run = runner.sync(mode="delta")
    assert run["status"] == "completed"
    assert runner.rows("SELECT * FROM sync_gaps WHERE closed_at IS NULL AND NOT is_expected") == []
    registered = next(iter(runner.zoom.truth["webinars"].values()))["registrants"]["approved"]
    assert len(runner.everything("zoom_registrants")) == registered
    assert runner.sync()["status"] == "completed"
    assert_truth(runner)


def test_one_bad_instance_is_a_gap_and_the_others_are_whole(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.03")
    bad = min(uuid for uuid in runner.zoom.truth["instances"] if uuid[:12].isalnum())
    runner.zoom.fault("500", match=bad[:12], times=-1)
    run = runner.sync()
    assert run["status"] == "completed_with_gaps"
    assert run["gaps"] == 1
    others = [uuid for uuid in runner.zoom.truth["instances"] if uuid != bad]
    assert_truth(runner, others)
    gap = runner.rows("SELECT * FROM sync_gaps WHERE object_kind = 'participants'")[0]
    assert (gap["object_key"], gap["http_status"], gap["closed_at"]) == (bad, 500, None)

    runner.zoom.clear_faults()
    assert runner.sync(mode="delta")["status"] == "completed"
    assert_truth(runner)


def test_a_source_that_is_down_fails_the_run_and_the_next_one_does_the_rest(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.03")
    runner.zoom.fault("500", match=REPORT, after=60, times=-1)
    run_id = runner.open()
    runner.discover(run_id)
    with pytest.raises(ServerFault):
        runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id, failed_task="fetch") == "failed"
    run = runner.run(run_id)
    assert run["error_message"]
    assert run["sessions_inserted"] > 0
    assert runner.rows("SELECT * FROM sync_state") == []

    runner.zoom.clear_faults()
    runner.zoom.reset_calls()
    run = runner.sync(mode="delta")
    assert run["status"] == "completed"
    assert_truth(runner)
    pages = sum(math.ceil(i["distinct_rows"] / 300) for i in runner.zoom.truth["instances"].values())
    fetched = sum(n for target, n in runner.zoom.calls()["pages"].items() if "/report/" in target)
    assert fetched < pages, "what the failed run had stored was read again"


def test_a_retry_takes_up_what_failed_while_the_source_was_down(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.03")
    runner.zoom.fault("500", match=REPORT, after=60, times=-1)
    run_id = runner.open()
    runner.discover(run_id)
    with pytest.raises(ServerFault):
        runner.fetch(run_id)
    runner.zoom.clear_faults()
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)


def test_a_source_that_is_down_from_the_start_is_an_error_and_not_an_empty_account(
    start: StartRunner,
) -> None:
    runner = start("empty")
    runner.zoom.fault("503", match="/v2/", times=-1)
    run_id = runner.open()
    with pytest.raises(SourceError):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
