"""What the modes read, what they say, and what they cost."""

from __future__ import annotations

from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.conftest import StartCalendly


def test_a_first_sync_is_a_full_one_and_stores_the_whole_truth(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    run = runner.sync()
    assert (run["mode"], run["status"]) == ("full", "completed")
    assert_truth(runner, **window_of(runner, run["id"]))
    print(runner.said(run["id"]))
