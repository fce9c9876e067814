"""Pages of registrants and panelists that are stored as they are served are passed by, and by nothing else."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.small_account import SMALL
from tests.sync.truth import assert_truth

REGISTRANTS = r"/webinars/\d+/registrants"
PEOPLE = ("zoom_registrants", "zoom_panelists")


@pytest.fixture
def synced(start: StartRunner) -> Runner:
    """An account of one webinar that was synced before."""
    runner = start(*SMALL)
    runner.sync()
    return runner


def people(runner: Runner) -> list[list[str]]:
    """Who is stored, without what a row's own history is."""
    return [
        sorted(
            row["person"]
            for row in runner.rows(
                f"SELECT (to_jsonb(t) - '{{id,created_at,updated_at}}'::text[])::text AS person FROM {table} t"  # noqa: S608
            )
        )
        for table in PEOPLE
    ]


def pages(runner: Runner, run: int) -> dict[str, tuple[int, int]]:
    """Pages of people by kind: those that were read, and those of them that were passed by."""
    rows = runner.rows(
        "SELECT kind, sum(pages)::int AS pages, sum(held_pages)::int AS passed FROM webinar_sync_queue"
        " WHERE run_id = %s AND kind IN ('registrants', 'panelists') GROUP BY kind",
        run,
    )
    return {row["kind"]: (row["pages"], row["passed"]) for row in rows}


def test_pages_that_are_stored_are_passed_by(synced: Runner) -> None:
    before = people(synced)
    first, run = synced.run(1), synced.sync()
    read = pages(synced, run["id"])
    assert {kind: count for kind, (count, _) in read.items()} == {
        kind: count for kind, (count, _) in pages(synced, 1).items()
    }
    assert read["registrants"][0] >= 3
    assert all(passed == count for count, passed in read.values())
    assert (run["status"], run["pages_fetched"]) == ("completed", first["pages_fetched"])
    assert people(synced) == before


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM zoom_registrants WHERE id % 7 = 0",
        "TRUNCATE zoom_registrants, zoom_panelists",
        "DELETE FROM zoom_panelists",
        "UPDATE zoom_registrants SET email = 'somebody@example.com', status = 'denied' WHERE id % 5 = 0",
        "UPDATE zoom_panelists SET name = 'Somebody'",
    ],
)
def test_what_was_changed_by_hand_is_set_right_by_the_next_run(synced: Runner, change: str) -> None:
    before = people(synced)
    with closing(synced.connect()) as conn:
        conn.execute(change.encode())
    assert people(synced) != before
    assert synced.sync()["status"] == "completed"
    assert people(synced) == before
    assert_truth(synced)


def test_a_list_that_has_to_start_again_is_still_passed_by(synced: Runner) -> None:
    synced.zoom.fault("page_token_expired", match=f"{REGISTRANTS}.*next_page_token")
    run = synced.sync()
    assert run["status"] == "completed"
    rows = synced.rows("SELECT list_no, held_pages FROM webinar_sync_queue WHERE run_id = %s", run["id"])
    assert any(row["list_no"] for row in rows)
    count, passed = pages(synced, run["id"])["registrants"]
    assert 0 < count - passed <= 1, "the page before the start is counted, not held"


def test_a_killed_worker_costs_a_page_of_people_at_most(start: StartRunner) -> None:
    runner = start(*SMALL, "--latency-ms", "100")
    runner.sync()
    before = people(runner)
    run = runner.open()
    runner.discover(run)
    runner.zoom.reset_calls()
    victim = runner.start_worker(run, "worker-0")
    deadline = time.monotonic() + 60
    while pages(runner, run).get("registrants", (0, 0))[0] < 2:
        assert time.monotonic() < deadline, "the worker makes no progress"
        time.sleep(0.01)
    victim.kill()
    victim.wait()
    assert runner.start_worker(run, "worker-0").wait(60) == 0
    runner.store(run)
    assert runner.finish(run) == "completed"
    asked = runner.zoom.calls()["pages"].items()
    assert sum(n - 1 for page, n in asked if "registrants" in page) <= 1
    assert people(runner) == before
    assert all(passed == count for count, passed in pages(runner, run).values())
