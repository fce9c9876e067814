"""One account, one budget: processes on different machines keep it together, and a spent day parks the run."""

from __future__ import annotations

import time

import pytest

from rollcall.errors import Parked
from rollcall.sync.account import Account
from tests.sync.conftest import StartRunner
from tests.sync.truth import assert_truth


def test_two_processes_keep_the_pace_together_and_never_overstep(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.002", "--limits", "pro", plan="pro")
    with runner.connect() as conn:
        ceiling, pace = conn.execute(
            "SELECT calls_per_second, pace FROM zoom_plan_limits WHERE plan = 'pro' AND label = 'heavy'"
        ).fetchone() or (0, 0)
    assert ceiling == 10
    run_id = runner.open(mode="webinars", webinar_ids=[94_000_000_000 + n for n in range(5)])
    runner.discover(run_id)
    with runner.connect() as conn:
        conn.execute("DELETE FROM webinar_sync_queue WHERE kind <> 'participants'")
    runner.zoom.reset_calls()
    workers = [runner.start_worker(run_id, f"worker-{n}") for n in range(2)]
    deadline = time.monotonic() + 30
    while runner.zoom.calls()["api_calls"] == 0:
        assert time.monotonic() < deadline
    begun = time.monotonic()
    for worker in workers:
        worker.communicate(timeout=60)
    seconds = time.monotonic() - begun
    calls = runner.zoom.calls()
    assert [worker.returncode for worker in workers] == [0, 0]
    # Each with a pace of its own would get dozens; a call that a busy machine delays may still meet the next ones.
    assert calls["too_many_requests"] <= 2
    heavy = sum(n for target, n in calls["targets"].items() if "/report/" in target)
    assert heavy >= 50
    assert heavy / seconds >= 0.85 * float(ceiling) * float(pace) - 0.5
    assert heavy / seconds <= float(ceiling) + 0.5


def test_a_worker_that_overslept_does_not_crowd_the_calls_after_it(
    start: StartRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = Account.sleep

    def oversleep(account: Account, seconds: float) -> None:
        waits.append(seconds)
        sleep(account, seconds + 0.3 if len(waits) == 5 else seconds)

    monkeypatch.setattr(Account, "sleep", oversleep)
    runner = start("headline", "--scale", "0.001", "--limits", "pro", plan="pro")
    run_id = runner.open(mode="webinars", webinar_ids=[94_000_000_000 + n for n in range(5)])
    runner.discover(run_id)
    with runner.connect() as conn:
        conn.execute("DELETE FROM webinar_sync_queue WHERE kind <> 'participants'")
    waits.clear()
    runner.fetch(run_id)
    assert len(waits) > 25
    assert runner.zoom.calls()["too_many_requests"] == 0


def test_the_budget_of_a_day_parks_the_run_with_what_it_has(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.01", plan="pro")
    with runner.connect() as conn:
        conn.execute(
            "UPDATE zoom_plan_limits SET calls_per_day = 100, daily_share = 0.5, calls_per_second = NULL"
            " WHERE plan = 'pro'"
        )
        conn.execute(
            "UPDATE zoom_plan_limits SET calls_per_day = NULL WHERE plan = 'pro' AND label <> 'heavy'"
        )
    run_id = runner.open()
    runner.discover(run_id)
    with pytest.raises(Parked, match="reserve for other apps"):
        runner.fetch(run_id)
    assert sum(n for target, n in runner.zoom.calls()["targets"].items() if "/report/" in target) == 50
    runner.store(run_id)
    assert runner.everything("zoom_participants")

    with runner.connect() as conn:
        conn.execute("UPDATE zoom_plan_limits SET calls_per_day = NULL WHERE plan = 'pro'")
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)
