"""Where the report is refused the weaker list stands in: said openly, never mixed, never over better rows."""

from __future__ import annotations

import pytest

from rollcall.store import queue
from tests.sync.conftest import StartRunner
from tests.sync.small_account import REPORT, SMALL, only_instance
from tests.sync.truth import assert_truth, stored_people, true_people


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


def test_a_report_refused_for_one_host_is_asked_for_of_the_others(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.03")
    run_id = runner.open()
    runner.discover(run_id)
    in_turn = runner.rows(
        "SELECT i.uuid FROM webinar_sync_queue q JOIN zoom_webinar_instances i ON i.id = q.instance_id"
        " WHERE q.kind = 'participants' ORDER BY q.priority, q.id"
    )
    refused = next(row["uuid"] for row in in_turn if row["uuid"][:12].isalnum())
    # A role or a plan: no scope is named.
    runner.zoom.fault("200_error_body", match=f"/report/.*{refused[:12]}", times=-1)
    runner.fetch(run_id)
    runner.store(run_id)
    runner.finish(run_id)
    weaker = runner.rows("SELECT uuid FROM zoom_webinar_instances WHERE attendance_source = 'past_webinars'")
    assert weaker == [{"uuid": refused}]


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
