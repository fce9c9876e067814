"""What a second run costs: no row written without news, and no call that could have been left out."""

from __future__ import annotations

import math
import re

from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth

PARTICIPANTS = re.compile(r"/report/webinars/[^/?]+/participants")


def participant_calls(runner: Runner) -> int:
    return sum(n for target, n in runner.zoom.calls()["targets"].items() if PARTICIPANTS.search(target))


def test_an_identical_second_run_reads_all_and_writes_nothing(start: StartRunner) -> None:
    runner = start("seed")
    first = runner.sync()
    assert first["status"] == "completed"
    assert_truth(runner)
    webinar = runner.rows("SELECT count(*) AS registrants FROM zoom_registrants")[0]
    assert webinar["registrants"] == 2106
    people = runner.rows(
        "SELECT count(*) AS n FROM zoom_participants p JOIN zoom_webinars w ON w.id = p.webinar_id"
        " WHERE w.zoom_webinar_id = 88988872033 AND p.role = 'attendee' AND p.session_count > 0"
    )
    assert people[0]["n"] > 1200

    before = runner.writes()
    runner.zoom.reset_calls()
    second = runner.sync()
    assert runner.writes() == before
    assert second["status"] == "completed"
    assert second["rows_fetched"] == first["rows_fetched"] > 0
    assert second["sessions_unchanged"] == first["sessions_inserted"]
    assert participant_calls(runner) == math.ceil(first["rows_fetched"] / 300)


def test_an_account_full_of_oddities_stands_still_too_once_it_has_settled(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    runner.sync()
    runner.sync()
    before = runner.writes()
    runner.sync()
    assert runner.writes() == before


def test_a_report_that_never_fills_writes_nothing_when_it_is_read_again(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    short = next(uuid for uuid, i in runner.zoom.truth["instances"].items() if not i["complete"])
    number = runner.zoom.truth["instances"][short]["webinar_id"]
    runner.sync()
    runner.zoom.edit("reveal")
    runner.zoom.reset_calls()
    mine = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) AS md5 FROM zoom_webinar_instances t WHERE uuid = %s"
    before = runner.rows(mine, short)
    runner.sync()
    assert runner.rows(mine, short) == before, f"the instance of webinar {number} was written without news"


def test_a_full_run_makes_one_call_a_page_and_the_documented_few(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.05")
    truth = runner.zoom.truth
    run = runner.sync(fetch_workers=4)
    assert run["status"] == "completed"
    assert_truth(runner)

    pages = sum(math.ceil(i["distinct_rows"] / 300) for i in truth["instances"].values())
    assert participant_calls(runner) == pages
    calls = runner.zoom.calls()
    alive = [number for number, webinar in truth["webinars"].items() if not webinar["expired"]]
    assert not [target for target, n in calls["targets"].items() if n > 1 and "participants" in target]
    others = calls["api_calls"] - pages
    # Two user lists, five webinar lists, a month a window, and per living webinar: itself, its instances, its panel,
    # its registrants in three statuses.
    windows = sum(n for target, n in calls["targets"].items() if "history_meetings" in target)
    assert windows <= 12
    assert others <= 2 + 6 + windows + 6 * len(alive) + len(truth["webinars"])
    assert not [target for target in calls["targets"] if re.fullmatch(r"/v2/report/webinars/[^/?]+", target)]
    assert calls["token_grants"] == 1


def test_a_delta_reads_only_the_overlap_and_nothing_once_two_reads_agree(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.02")
    runner.sync()
    recent = runner.rows(
        "SELECT count(*) AS n FROM zoom_webinar_instances"
        " WHERE end_time >= (SELECT mark_at - interval '3 days' FROM sync_state)"
    )[0]["n"]
    assert recent > 0

    before = runner.writes()
    runner.zoom.reset_calls()
    first = runner.sync(mode="delta")
    assert first["status"] == "completed"
    assert participant_calls(runner) == recent == first["instances_queued"]
    runner.zoom.reset_calls()
    second = runner.sync(mode="delta")
    assert second["status"] == "completed"
    assert second["instances_queued"] == participant_calls(runner) == 0
    assert runner.writes() == before
