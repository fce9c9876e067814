"""Zoom closes for hours, is down or knows us no more: the run says so, and what it stored is not read again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.errors import Parked, ReconnectNeeded, ServerFault, SourceError
from tests.sync.conftest import StartRunner
from tests.sync.small_account import REPORT, SMALL
from tests.sync.truth import assert_truth, stored_people


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


def test_people_of_a_webinar_that_a_failed_run_never_came_to_are_read_by_the_next_delta(
    start: StartRunner,
) -> None:
    runner = start("demo", "--scale", "0.1")
    runner.zoom.fault("500", match="/(registrants|panelists)", times=-1)
    run_id = runner.open()
    runner.discover(run_id)
    with pytest.raises(ServerFault):
        runner.fetch(run_id)
    assert runner.finish(run_id, failed_task="fetch") == "failed"

    runner.zoom.clear_faults()
    runner.sync(mode="delta")
    planned = runner.rows(
        "SELECT r.id FROM zoom_registrants r JOIN zoom_webinars w ON w.id = r.webinar_id"
        " WHERE w.zoom_webinar_id = 93000000001"
    )
    assert len(planned) == 25, "it has not run yet, so no attendance brings it up"
    people = len(runner.everything("zoom_registrants"))
    runner.sync()
    assert len(runner.everything("zoom_registrants")) == people
