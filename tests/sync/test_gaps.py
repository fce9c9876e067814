"""What could not be read is a gap, named and counted; the rest is whole, and the next run fills it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.store import webinars
from rollcall.store.queue import Item
from rollcall.sync.account import Account
from rollcall.sync.fetch import FAILURES_IN_A_ROW, fetch
from rollcall.sync.lists import LISTS
from tests.sync.conftest import StartRunner
from tests.sync.small_account import REPORT, SMALL, only_instance
from tests.sync.truth import assert_truth


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


@pytest.mark.parametrize(("match", "kind"), [(REPORT, "participants"), ("/registrants", "registrants")])
def test_a_list_whose_page_tokens_always_die_is_a_gap_and_is_not_begun_for_ever(
    start: StartRunner, match: str, kind: str
) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("page_token_expired", match=match, times=-1)
    assert runner.sync()["status"] == "completed_with_gaps"
    gaps = runner.rows("SELECT object_kind FROM sync_gaps WHERE NOT is_expected AND closed_at IS NULL")
    assert {gap["object_kind"] for gap in gaps} == {kind}
    runner.zoom.clear_faults()
    assert runner.sync(mode="delta")["status"] == "completed"
    assert_truth(runner)


@pytest.mark.parametrize(
    "match",
    [r"/users\?.*=active", r"/users/[^/]+/webinars", "history_meetings", r"past_webinars/\d+/instances"],
)
def test_an_entry_that_nobody_can_read_is_on_record_and_costs_no_other(
    start: StartRunner, match: str
) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("odd_row", match=match, times=-1)
    assert runner.sync()["status"] == "completed"
    assert_truth(runner)
    told = runner.rows("SELECT message FROM sync_error_logs WHERE code = 'unreadable_entries'")
    assert told
    assert all(row["message"].startswith("1 of ") for row in told)


@pytest.mark.parametrize(
    "match", ["/registrants", "/panelists", r"/v2/webinars/\d+$", r"past_webinars/\d+/instances"]
)
def test_a_list_that_failed_is_asked_again_by_the_next_delta(start: StartRunner, match: str) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("500", match=match, times=-1)
    # One worker: it meets all lists of registrants in a row.
    run = runner.sync(fetch_workers=1)
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


@pytest.mark.parametrize("match", ["/registrants", r"/v2/webinars/\d+$", r"past_webinars/\d+/instances"])
def test_what_failed_of_a_webinar_that_is_gone_by_now_is_nobodys_to_mend(
    start: StartRunner, match: str
) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("500", match=match, times=-1)
    assert runner.sync(fetch_workers=1)["status"] == "completed_with_gaps"
    runner.zoom.clear_faults()
    (number,) = runner.zoom.truth["webinars"]
    runner.zoom.edit("expire_id", webinar_id=int(number))
    assert runner.sync(mode="delta")["status"] == "completed"
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL AND NOT is_expected") == []
    runner.zoom.reset_calls()
    runner.sync(mode="delta")
    asked = [target for target in runner.zoom.calls()["targets"] if f"/webinars/{number}" in target]
    assert asked == [], "what is gone is asked for again"


def test_a_missing_scope_is_looked_for_again_the_next_day(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("scope_missing", match="/panelists", times=-1)
    runner.sync()
    (gap,) = runner.rows(
        "SELECT recheck_at - last_seen_at AS pause FROM sync_gaps WHERE object_kind = 'panelists'"
    )
    assert timedelta(hours=23) < gap["pause"] < timedelta(hours=25)


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


def test_bad_instances_between_good_ones_are_no_sign_that_zoom_is_down(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.03")
    run_id = runner.open()
    runner.discover(run_id)
    in_turn = runner.rows(
        "SELECT i.uuid FROM webinar_sync_queue q JOIN zoom_webinar_instances i ON i.id = q.instance_id"
        " WHERE q.kind = 'participants' ORDER BY q.priority, q.id"
    )
    uuids = [row["uuid"] for row in in_turn if row["uuid"][:12].isalnum()]
    bad = uuids[: 2 * FAILURES_IN_A_ROW : 2]
    assert len(bad) == FAILURES_IN_A_ROW
    for uuid in bad:
        runner.zoom.fault("500", match=uuid[:12], times=-1)
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed_with_gaps"
    gaps = runner.rows("SELECT object_key FROM sync_gaps WHERE object_kind = 'participants'")
    assert {gap["object_key"] for gap in gaps} == set(bad)


def test_a_list_that_can_not_be_stored_is_a_gap_and_stops_no_other(start: StartRunner) -> None:
    runner = start(*SMALL)
    run_id = runner.open()
    runner.discover(run_id)
    too_long = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(9_000))

    def store_one(account: Account, item: Item) -> None:
        webinars.upsert_panelists(account.conn, item.webinar_id, [{"panelist_id": too_long}])

    with Account(runner.resources, run_id) as account:
        fetch(account, "worker-0", {**LISTS, "panelists": store_one})
    runner.store(run_id)
    assert runner.finish(run_id) == "completed_with_gaps"
    gaps = runner.rows("SELECT object_kind, reason FROM sync_gaps WHERE NOT is_expected")
    assert [gap["object_kind"] for gap in gaps] == ["panelists"]
    assert too_long[:20] not in gaps[0]["reason"]
    assert runner.everything("zoom_participants")


def test_a_list_that_ends_short_of_its_own_count_is_on_record(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("short_list", match="/registrants.*approved")
    runner.zoom.fault("short_list", match="history_meetings")
    run = runner.sync()
    webinar_id = next(iter(runner.zoom.truth["webinars"]))
    told = {
        error["subject"]: error["message"]
        for error in runner.rows("SELECT * FROM sync_error_logs WHERE code = 'short_list'")
    }
    assert run["errors"] == len(told) == 2
    stated = next(iter(runner.zoom.truth["webinars"].values()))["registrants"]["approved"]
    assert f"states {stated} rows" in told[f"registrants {webinar_id} approved"]
    assert f"served {stated - 1}" in told[f"registrants {webinar_id} approved"]
    assert runner.sync()["errors"] == 0
    assert len(runner.everything("zoom_registrants")) == stated
