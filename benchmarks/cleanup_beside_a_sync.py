"""What a running sync notices of a cleanup that deletes a million rows beside it."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from rollcall.store import attendance, queue, runs

_PAGE_ROWS = 300
_LIST_ROWS = 3000
_NETWORK_SECONDS = 0.01
"""Of a page: without it the worker would be the load that it is to suffer from."""
_SAMPLE_SECONDS = 0.005


@dataclass
class Pauses:
    """Milliseconds that each step of a sync took, and how often it was seen waiting for somebody's lock."""

    milliseconds: list[float] = field(default_factory=list)
    lock_waits: int = 0

    @property
    def longest(self) -> float:
        """The longest step in ms."""
        return max(self.milliseconds)

    @property
    def median(self) -> float:
        """The median step in ms."""
        return statistics.median(self.milliseconds)


@dataclass(frozen=True)
class Outcome:
    """A sync's pauses without and with the cleanup, what that deleted and how long it took in seconds."""

    alone: Pauses
    beside: Pauses
    deleted: int
    seconds: float


def measure(dsn: str, days: int = 1, seconds_alone: float = 5.0) -> Outcome:
    """Let the active run of connection 1 fetch pages: alone first, then while a cleanup keeps `days` days."""
    with running_sync(dsn) as alone:
        time.sleep(seconds_alone)
    with running_sync(dsn) as beside, psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("SET ROLE rollcall_monitor")
        began = time.perf_counter()
        deleted = conn.execute("SELECT sum(rows_deleted) FROM cleanup_old_sync_data(%s)", (days,)).fetchone()
        seconds = time.perf_counter() - began
    return Outcome(alone, beside, int(deleted[0]) if deleted else 0, seconds)


@contextmanager
def running_sync(dsn: str) -> Iterator[Pauses]:
    """A worker of connection 1's active run that fetches pages until the block ends; raises what it raised."""
    pauses = Pauses()
    ended = threading.Event()
    failures: list[Exception] = []
    with psycopg.connect(dsn) as worker, psycopg.connect(dsn, autocommit=True) as watcher:
        worker.execute("SET ROLE rollcall_writer")
        worker.commit()
        pid = worker.info.backend_pid

        def fetch() -> None:
            try:
                _fetch(worker, pauses, ended)
            except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
                failures.append(error)

        def watch() -> None:
            while not ended.wait(_SAMPLE_SECONDS):
                row = watcher.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone()
                pauses.lock_waits += bool(row and row[0])

        threads = [threading.Thread(target=target) for target in (fetch, watch)]
        for thread in threads:
            thread.start()
        try:
            yield pauses
        finally:
            ended.set()
            for thread in threads:
                thread.join()
    if failures:
        raise failures[0]


def _fetch(conn: psycopg.Connection, pauses: Pauses, ended: threading.Event) -> None:
    found = conn.execute(
        "SELECT id FROM sync_runs WHERE connection_id = 1 AND finished_at IS NULL"
    ).fetchone()
    if found is None:
        raise RuntimeError("Connection 1 has no active run: fill the database first.")
    run_id = int(found[0])
    now = datetime.now(UTC)
    values = {"name": "Person", "join_time": now, "leave_time": now, "duration": 0, "status": "in_meeting"}
    row = tuple(values.get(name) for name, _ in attendance.STAGING_COLUMNS)

    def step(work: Callable[[], None]) -> None:
        began = time.perf_counter()
        work()
        conn.commit()
        pauses.milliseconds.append((time.perf_counter() - began) * 1000)

    item: queue.Item | None = None

    def page() -> None:
        nonlocal item
        item = item or queue.lease(conn, run_id, "benchmark")
        if item is None:
            raise RuntimeError("The run's queue was empty before the cleanup ended: nothing was measured.")
        attendance.stage_participants(conn, item.item_id, item.list_no, item.rows_fetched, [row] * _PAGE_ROWS)
        queue.advance(conn, item, next_page_token="", rows=_PAGE_ROWS, total_records=_LIST_ROWS)
        if item.rows_fetched >= _LIST_ROWS:
            queue.settle(conn, item, "fetched")
            item = None

    while not ended.wait(_NETWORK_SECONDS):
        step(page)
        step(lambda: runs.refresh_progress(conn, run_id))
        step(lambda: runs.log_activity(conn, run_id, "Fetched a page"))
