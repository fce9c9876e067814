"""What a sync costs, in counts that are the same on every machine: transactions, rows and WAL written, memory.

Each limit stands a little above what was measured; a change that goes beyond one made rollcall slower somewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth

PEOPLE, SESSIONS = "zoom_participants", "zoom_participant_sessions"


@pytest.fixture
def runner(start: StartRunner) -> Runner:
    """300 instances with 28,800 rows of attendance."""
    return start("headline", "--scale", "0.1")


def cost_of(runner: Runner, work: Callable[[], Any]) -> dict[str, int]:
    """Transactions and bytes of WAL of the whole database while `work` ran, and its HTTP calls."""
    question = (
        "SELECT xact_commit + xact_rollback AS transactions, pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal"
        " FROM pg_stat_database WHERE datname = current_database()"
    )
    runner.writes()  # brings Postgres's counters up to date
    before = runner.rows(question)[0]
    runner.zoom.reset_calls()
    work()
    runner.writes()
    after = runner.rows(question)[0]
    return {name: int(after[name] - before[name]) for name in after} | {
        "calls": runner.zoom.calls()["api_calls"]
    }


def written(runner: Runner, work: Callable[[], Any]) -> dict[str, tuple[int, int, int]]:
    """Rows inserted, updated, deleted while `work` ran, of the data tables that it touched."""
    before = runner.writes()
    work()
    after = runner.writes()
    changed = {
        table: tuple(now - then for now, then in zip(after[table], before[table], strict=True))
        for table in after
    }
    return {table: (row[0], row[1], row[2]) for table, row in changed.items() if any(row)}


def test_a_first_sync_writes_each_row_once(runner: Runner) -> None:
    cost: dict[str, int] = {}
    rows = written(runner, lambda: cost.update(cost_of(runner, runner.sync)))
    assert_truth(runner)
    run = runner.run(1)
    assert rows[SESSIONS] == (run["rows_fetched"], 0, 0)
    assert rows[PEOPLE] == (run["participants_inserted"], 0, 0)
    assert cost["transactions"] <= 3.2 * cost["calls"]
    assert cost["wal"] <= 1600 * run["rows_fetched"]


def test_a_second_sync_writes_none_and_little_beside(runner: Runner) -> None:
    runner.sync()
    cost: dict[str, int] = {}
    assert written(runner, lambda: cost.update(cost_of(runner, runner.sync))) == {}
    assert cost["transactions"] <= 3.2 * cost["calls"]
    assert cost["wal"] <= 1_200_000


def test_one_row_in_a_hundred_changed_writes_those_and_their_people(runner: Runner) -> None:
    first = runner.sync()
    changed = runner.zoom.edit("change_leaves", share=0.01)["rows"]
    assert changed == first["rows_fetched"] // 100
    rows = written(runner, runner.sync)
    assert_truth(runner)
    assert rows.pop(SESSIONS) == (0, changed, 0)
    inserted, updated, deleted = rows.pop(PEOPLE)
    assert (inserted, deleted) == (0, 0)
    assert 0 < updated <= changed
    statistics = {table for table in rows if table.endswith("_statistics")}
    # Their instances' totals at Zoom changed with them.
    assert set(rows) - statistics <= {"zoom_webinar_instances"}


@pytest.mark.parametrize(("profile", "scale"), [("headline", "0.1"), ("single100k", "0.3")])
def test_a_worker_stays_small_however_long_the_lists(start: StartRunner, profile: str, scale: str) -> None:
    runner = start(profile, "--scale", scale)
    for _ in ("first", "again"):
        run_id = runner.open()
        runner.discover(run_id)
        worker = runner.start_worker(run_id, "worker-0")
        told, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0
        assert int(told) <= 80
        runner.store(run_id)
        runner.finish(run_id)
