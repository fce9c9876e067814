"""Workers that are killed, overtaken or told too late: nothing is lost, doubled, or fetched again without need."""

from __future__ import annotations

import random
import time
from contextlib import closing

import pytest

from rollcall.errors import RunClosed
from rollcall.store import queue, runs
from rollcall.sync.account import Account
from rollcall.sync.fetch import fetch
from rollcall.sync.lists import LISTS, read_participants
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert
from tests.sync.conftest import StartRunner
from tests.sync.pages import fetched_pages, pages_fetched_again, wait_for_pages
from tests.sync.small_account import SMALL
from tests.sync.truth import assert_truth
from tests.sync.worker import CLOSED


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_killed_worker_costs_one_page_at_most(start: StartRunner, share: float) -> None:
    runner = start("headline", "--scale", "0.05", "--latency-ms", "2")
    run_id = runner.open()
    runner.discover(run_id)
    victim, other = (runner.start_worker(run_id, name) for name in ("worker-0", "worker-1"))
    wait_for_pages(runner, round(300 * share))
    victim.kill()
    victim.wait()
    again = runner.start_worker(run_id, "worker-0")
    assert (again.wait(60), other.wait(60)) == (0, 0)
    runner.store(run_id)

    assert runner.finish(run_id) == "completed"
    assert_truth(runner)
    assert pages_fetched_again(runner).total() <= 1
    run = runner.run(run_id)
    assert run["rows_fetched"] == run["sessions_inserted"] == 14_400
    assert runner.everything("zoom_participant_staging") == []


def test_workers_killed_again_and_again_at_any_moment(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.5", "--latency-ms", "5")
    run_id = runner.open()
    runner.discover(run_id)
    moments = random.Random(3)  # noqa: S311 - moments, not secrets
    kills = 0
    for _ in range(4):
        worker = runner.start_worker(run_id, "worker-0")
        before = runner.zoom.calls()["api_calls"]
        deadline = time.monotonic() + 30
        while runner.zoom.calls()["api_calls"] == before and worker.poll() is None:
            assert time.monotonic() < deadline
        time.sleep(moments.uniform(0, 0.25))
        worker.kill()
        worker.wait()
        kills += 1
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed_with_gaps"
    truth = runner.zoom.truth["instances"]
    assert_truth(runner, [uuid for uuid, i in truth.items() if not i["late"]])
    assert pages_fetched_again(runner).total() <= kills


def test_two_workers_share_the_queue_and_never_a_list(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.05")
    run_id = runner.open()
    runner.discover(run_id)
    runner.fetch_with(run_id, 4)
    assert pages_fetched_again(runner).total() == 0
    workers = runner.rows("SELECT max(attempts) AS attempts FROM webinar_sync_queue")
    assert workers[0]["attempts"] == 1
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)


def test_a_worker_whose_lease_was_taken_over_cannot_write(start: StartRunner) -> None:
    runner = start("seed", "--scale", "0.3")
    run_id = runner.open()
    runner.discover(run_id)
    with Account(runner.resources, run_id) as account:
        late = queue.lease(account.conn, run_id, "sleeper")
        assert late is not None
        account.conn.execute("UPDATE webinar_sync_queue SET lease_expires_at = now() - interval '1 second'")
        taken_over = queue.lease(account.conn, run_id, "worker-1")
        assert taken_over is not None
        assert taken_over.item_id == late.item_id
        with pytest.raises(RunClosed, match="The lease of"):
            queue.advance(account.conn, late, next_page_token="", rows=1)
        with pytest.raises(RunClosed, match="The lease of"):
            queue.settle(account.conn, late, "done")
        with pytest.raises(RunClosed, match="The lease of"):
            queue.restart(account.conn, late, None)
        with pytest.raises(RunClosed, match="The lease of"):
            queue.renew(account.conn, late)
        queue.settle(account.conn, taken_over, "queued")
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)


def test_a_worker_that_slept_leaves_its_list_to_who_took_it_over(start: StartRunner) -> None:
    runner = start(*SMALL)
    run_id = runner.open()
    runner.discover(run_id)

    def sleep_before(account: Account, item: queue.Item) -> None:
        account.conn.execute(
            "UPDATE webinar_sync_queue SET lease_expires_at = now() WHERE id = %s", [item.item_id]
        )
        runner.fetch(run_id, "worker-1")
        read_participants(account, item)

    with Account(runner.resources, run_id) as account:
        fetch(account, "sleeper", {**LISTS, "participants": sleep_before})
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)


def test_a_cancelled_run_ends_its_workers_and_the_next_run_does_the_rest(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.05", "--latency-ms", "5")
    run_id = runner.open()
    runner.discover(run_id)
    worker = runner.start_worker(run_id, "worker-0")
    wait_for_pages(runner, 40)
    with closing(runner.connect()) as conn:
        assert runs.close_run(conn, run_id, "cancelled", None, "Stopped by a person")
    assert worker.wait(20) in (0, CLOSED)
    after = fetched_pages(runner)
    for use_case in (sessionize, upsert):
        with pytest.raises(RunClosed):
            use_case(runner.connect, run_id)
    assert runner.everything("zoom_participants") == []
    assert fetched_pages(runner) == after
    assert runner.run(run_id)["status"] == "cancelled"

    run = runner.sync(mode="delta")
    assert run["status"] == "completed"
    assert_truth(runner)
    assert runner.run(run_id)["status"] == "cancelled"
    assert runner.everything("zoom_participant_staging") == []


def test_a_crash_between_sessionize_and_upsert_is_taken_up_where_it_stood(start: StartRunner) -> None:
    runner = start("seed", "--scale", "0.3")
    run_id = runner.open()
    runner.discover(run_id)
    runner.fetch(run_id)
    sessionize(runner.connect, run_id)
    calls = runner.zoom.calls()["api_calls"]
    # The same Airflow run once more: what is fetched and sessionized stays so.
    runner.discover(run_id)
    runner.fetch(run_id)
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert_truth(runner)
    again = [t for t, n in runner.zoom.calls()["pages"].items() if n > 1 and "/participants" in t]
    assert again == []
    assert runner.zoom.calls()["api_calls"] > calls


def test_a_large_instance_is_fetched_in_little_memory(start: StartRunner) -> None:
    runner = start("single100k")
    run_id = runner.open()
    runner.discover(run_id)
    worker = runner.start_worker(run_id, "worker-0")
    told, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0
    assert int(told) < 300
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    assert runner.run(run_id)["sessions_inserted"] == 100_000
    assert len(runner.rows("SELECT session_id FROM zoom_participant_sessions")) == 100_000
