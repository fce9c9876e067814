"""Faults that pass cost nothing: after them the attendance is the truth's."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sync.conftest import StartRunner
from tests.sync.small_account import REPORT, SMALL, only_instance
from tests.sync.truth import assert_truth

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


def test_retry_after_is_waited_for_in_full_and_the_wait_is_named(start: StartRunner) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("qps429", match=REPORT, retry_after="seconds", seconds=3)
    begun = time.monotonic()
    run_id = runner.open()
    runner.discover(run_id)
    reasons = set()
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(runner.fetch, run_id)
        while not fetched.done():
            reasons.add(runner.run(run_id)["waiting_reason"] or "")
            time.sleep(0.1)
    assert fetched.result() > 0
    assert time.monotonic() - begun >= 3
    assert any(reason.startswith("Zoom allows no more Heavy calls") for reason in reasons)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert runner.zoom.calls()["too_many_requests"] == 1


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


@pytest.mark.parametrize("match", ["/users", r"past_webinars/\d+/instances", REPORT])
def test_an_entry_that_is_no_object_is_passed_over(start: StartRunner, match: str) -> None:
    runner = start(*SMALL)
    runner.zoom.fault("odd_row", match=match, times=-1)
    assert runner.sync()["status"] == "completed"
    assert runner.zoom.truth["instances"].keys() == {
        row["uuid"] for row in runner.rows("SELECT uuid FROM zoom_webinar_instances")
    }
    assert_truth(runner)
