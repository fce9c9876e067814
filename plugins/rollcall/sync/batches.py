"""A batch function of the database, run by two backends at once until nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg

from rollcall.store import runs

BATCH_ROWS = 10_000
"""Enough for set-based work to pay; few enough to stay in memory and to end at the same time on all backends."""

_BACKENDS = 2  # the work is the database's; more would crowd out the people who ask it things

Connect = Callable[[], psycopg.Connection]


def run_batches(connect: Connect, run_id: int, batch: Callable[[psycopg.Connection, int, int], int]) -> int:
    """Call `batch(conn, run_id, rows)` until it returns 0; returns the sum. Raises RunClosed when the run has ended."""

    def work() -> int:
        total = 0
        with closing(connect()) as conn:
            done = 1
            while done:
                done = batch(conn, run_id, BATCH_ROWS)
                total += done
                # A run that ended has no batch left either; this tells the two apart.
                runs.refresh_progress(conn, run_id)
        return total

    with ThreadPoolExecutor(_BACKENDS) as pool:
        return sum(future.result() for future in [pool.submit(work) for _ in range(_BACKENDS)])
