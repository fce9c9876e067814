"""Sessionize: staged rows of whole instances become sessions, people and totals, in batches."""

from __future__ import annotations

import psycopg

from rollcall.store import attendance, runs

BATCH_ROWS = 30_000
"""Enough for set-based work to pay, few enough to show progress and to stay in memory."""


def sessionize(conn: psycopg.Connection, run_id: int) -> int:
    """Sessionize every fetched instance of the run; returns how many. Raises RunClosed when the run has ended."""
    runs.set_phase(conn, run_id, "sessionize", "Working out sessions and people")
    total = 0
    while batch := attendance.sessionize(conn, run_id, BATCH_ROWS):
        total += batch
        runs.refresh_progress(conn, run_id)
    return total
