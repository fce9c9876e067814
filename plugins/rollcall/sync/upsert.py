"""Upsert: people and sessions that are new or different are written, in batches of whole instances."""

from __future__ import annotations

import psycopg

from rollcall.store import attendance, runs
from rollcall.sync.sessionize import BATCH_ROWS


def upsert(conn: psycopg.Connection, run_id: int) -> int:
    """Upsert every sessionized instance of the run; returns how many. Raises RunClosed when the run has ended."""
    runs.set_phase(conn, run_id, "upsert", "Writing what is new or different")
    total = 0
    while batch := attendance.upsert(conn, run_id, BATCH_ROWS):
        total += batch
        runs.refresh_progress(conn, run_id)
    return total
