"""Upsert: people and sessions that are new or different are written, in batches of whole instances."""

from __future__ import annotations

from contextlib import closing

from rollcall.store import attendance, runs
from rollcall.sync.batches import Connect, run_batches


def upsert(connect: Connect, run_id: int) -> int:
    """Upsert every sessionized instance of the run; returns how many. Raises RunClosed when the run has ended."""
    with closing(connect()) as conn:
        runs.set_phase(conn, run_id, "upsert", "Writing what is new or different")
    return run_batches(connect, run_id, attendance.upsert)
