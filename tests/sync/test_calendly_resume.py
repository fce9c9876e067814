"""Tasks that are killed in the middle: the retry goes on where they stood, and nothing is there twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from rollcall.store import runs
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.calendly_worker import CLOSED
from tests.sync.conftest import StartCalendly


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "the task makes no progress"
        time.sleep(0.01)


def number(runner: CalendlyRunner, query: str) -> int:
    return int(runner.rows(f"SELECT count(*) AS n FROM {query}")[0]["n"])  # noqa: S608 - constants


def test_a_killed_discover_lists_no_booked_slice_again(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo", "--latency-ms", "20")
    run_id = runner.open(dag_run_id="manual__killed")
    victim = runner.start_process(run_id, "discover")
    wait_until(lambda: number(runner, "calendly_listing_slices") >= 15)
    victim.kill()
    victim.wait()
    booked = number(runner, "calendly_listing_slices")
    assert booked < 36
    runner.calendly.reset_calls()

    assert runner.open(dag_run_id="manual__killed") == run_id
    runner.discover(run_id)
    assert runner.calendly.calls()["endpoints"]["GET /scheduled_events"] == 36 - booked
    runner.fetch_with(run_id, 2)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner, **window_of(runner, run_id))
    run = runner.run(run_id)
    assert run["meetings_new"] == number(runner, "meetings")
    assert (run["meetings_updated"], run["meetings_unchanged"]) == (0, 0)
    assert number(runner, "calendly_listing_slices") == 0


def test_a_killed_worker_gives_its_lease_back_and_no_list_is_read_again_but_that_one(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo", "--latency-ms", "30")
    run_id = runner.open()
    runner.discover(run_id)
    runner.calendly.reset_calls()
    victim = runner.start_process(run_id, "worker-0")
    wait_until(lambda: number(runner, "webinar_sync_queue WHERE status = 'done'") >= 10)
    victim.kill()
    victim.wait()
    assert number(runner, "webinar_sync_queue WHERE status = 'leased'") <= 1
    again = runner.start_process(run_id, "worker-0")
    assert again.wait(60) == 0
    assert runner.finish(run_id) == "completed"
    assert_truth(runner, **window_of(runner, run_id))
    assert sum(n - 1 for n in runner.invitee_calls().values()) <= 1


def test_workers_share_the_meetings_and_read_each_once(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo", "--latency-ms", "5")
    run = runner.sync(fetch_workers=4)
    assert run["status"] == "completed"
    assert_truth(runner, **window_of(runner, run["id"]))
    assert set(runner.invitee_calls().values()) == {1}
    assert run["api_calls"] == runner.calendly.calls()["api_calls"]


def test_a_cancelled_run_ends_its_worker_and_the_next_run_does_the_rest(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo", "--latency-ms", "30")
    run_id = runner.open()
    runner.discover(run_id)
    worker = runner.start_process(run_id, "worker-0")
    wait_until(lambda: number(runner, "webinar_sync_queue WHERE status = 'done'") >= 5)
    with closing(runner.connect()) as conn:
        assert runs.close_run(conn, run_id, "cancelled", None, "Stopped by a person")
    assert worker.wait(20) in (0, CLOSED)
    assert runner.finish(run_id, failed_task="fetch") == "cancelled"
    assert runner.user()["calendly_initial_sync_complete"] is False
    run = runner.sync()
    assert (run["mode"], run["status"]) == ("full", "completed")
    assert_truth(runner, **window_of(runner, run["id"]))
