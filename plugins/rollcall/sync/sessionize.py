"""Sessionize: staged rows of whole instances become sessions, people and totals, in batches; so does what is stored,
where the people it is matched with changed."""

from __future__ import annotations

from contextlib import closing

from rollcall.store import attendance, queue, runs
from rollcall.sync.batches import Connect, run_batches


def sessionize(connect: Connect, run_id: int) -> int:
    """Sessionize every fetched instance of the run, and match stored attendance again whose webinar's people changed;
    returns how many. Raises RunClosed when the run has ended."""
    with closing(connect()) as conn:
        runs.set_phase(conn, run_id, "sessionize", "Working out sessions and people")
        queue.enqueue_stored_participants(conn, run_id)
    return run_batches(connect, run_id, attendance.sessionize)
