"""Calendly's calls a minute, shared by all workers: four of five are used, and nobody runs into the limit."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from rollcall.store import limits
from sandbox.calendly.oauth import MEMBER_TOKEN
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.conftest import StartCalendly

ALLOWED = 40
"""Of the 50 of the free plan."""


def take(runner: CalendlyRunner, user_id: int) -> float:
    with closing(runner.connect()) as conn:
        return limits.take_calendly_call(conn, user_id)


def note(runner: CalendlyRunner, limit: int | None, remaining: int | None, reset: float | None) -> None:
    with closing(runner.connect()) as conn:
        limits.note_calendly_limits(conn, runner.user_id, limit, remaining, reset)


def taken_until_a_wait(runner: CalendlyRunner, user_id: int) -> int:
    taken = 0
    while take(runner, user_id) == 0:
        taken += 1
        assert taken < 1000
    return taken


def test_workers_together_never_run_into_the_limit(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo", "--limits", "free", "--window-seconds", "6", pacing=True)
    run = runner.sync(fetch_workers=3)
    assert run["status"] == "completed"
    calls = runner.calendly.calls()
    assert calls["too_many_requests"] == 0
    assert calls["api_calls"] > 2 * ALLOWED
    assert_truth(runner, **window_of(runner, run["id"]))


def test_before_the_first_answer_the_smallest_plan_is_assumed(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", pacing=True)
    assert taken_until_a_wait(runner, runner.user_id) == ALLOWED
    assert 55 < take(runner, runner.user_id) <= 60


def test_what_an_answer_says_counts_for_everybody(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", pacing=True)
    take(runner, runner.user_id)
    note(runner, 500, 499, 60)
    assert taken_until_a_wait(runner, runner.user_id) == 399
    # Another integration of the same user used the rest.
    note(runner, 500, 3, 42)
    assert 40 < take(runner, runner.user_id) <= 42


def test_an_answer_that_was_overtaken_frees_no_calls(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", pacing=True)
    take(runner, runner.user_id)
    note(runner, 50, 20, 60)
    note(runner, 50, 35, 60)
    assert taken_until_a_wait(runner, runner.user_id) == 10


def test_the_count_starts_anew_when_the_minute_is_over(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", pacing=True)
    taken_until_a_wait(runner, runner.user_id)
    runner.execute("UPDATE calendly_call_budgets SET resets_at = now()")
    assert taken_until_a_wait(runner, runner.user_id) == ALLOWED


@pytest.mark.parametrize("said", [(None, None, None), (500, 400, None)])
def test_an_answer_without_a_reset_changes_nothing(
    start_calendly: StartCalendly, said: tuple[int | None, int | None, float | None]
) -> None:
    runner = start_calendly("empty", pacing=True)
    take(runner, runner.user_id)
    note(runner, *said)
    assert taken_until_a_wait(runner, runner.user_id) == ALLOWED - 1


def test_users_have_minutes_of_their_own(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", pacing=True)
    other = runner.connect_user("noor.varga@acme.test", MEMBER_TOKEN, scope="user")
    assert taken_until_a_wait(runner, runner.user_id) == ALLOWED
    assert taken_until_a_wait(runner, other) == ALLOWED


def test_the_run_says_what_it_waits_for(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty", "--limits", "free", "--window-seconds", "5", pacing=True)
    runner.calendly.edit("spend", calls=45)
    run_id = runner.open()
    discover = threading.Thread(target=runner.discover, args=(run_id,))
    discover.start()
    reasons = set()
    while discover.is_alive():
        reasons.add(runner.run(run_id)["waiting_reason"])
        discover.join(0.05)
    assert "Waiting for Calendly's limit of calls a minute" in reasons
    runner.fetch(run_id)
    assert runner.finish(run_id) == "completed"
    assert runner.calendly.calls()["too_many_requests"] == 0
