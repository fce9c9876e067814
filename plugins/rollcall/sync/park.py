"""Park: a limit holds the run; what was fetched is stored first, without waiting for the rest."""

from __future__ import annotations

from contextlib import closing

from rollcall.errors import Parked
from rollcall.store import attendance, runs
from rollcall.sync.batches import Connect, run_batches


def park(connect: Connect, run_id: int, parked: Parked) -> None:
    """Store every instance that is whole, and name what the run waits for. Raises RunClosed when it has ended.

    One whose webinar's people are still to be read stays fetched.
    """
    run_batches(connect, run_id, attendance.sessionize)
    run_batches(connect, run_id, attendance.upsert)
    name_the_wait(connect, run_id, parked)


def name_the_wait(connect: Connect, run_id: int, parked: Parked) -> None:
    """Say on the run until when it waits, and for what. Raises RunClosed when it has ended."""
    with closing(connect()) as conn:
        runs.set_waiting(conn, run_id, parked.until, str(parked), parked=True)
