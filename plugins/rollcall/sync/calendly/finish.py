"""Finish for Calendly: count, say how it ended, close the run with an honest status."""

from __future__ import annotations

import logging

import psycopg

from rollcall.store import runs
from rollcall.sync.finish import failure_of

log = logging.getLogger(__name__)


def finish_calendly(conn: psycopg.Connection, run_id: int, *, failed_task: str | None) -> str:
    """Close the run; returns its status. `failed_task` names a task that failed before, if any.

    Raises RunClosed when the run was taken up again meanwhile: it is not this task's to finish.
    """
    run = runs.get_run(conn, run_id)
    kind, message = failure_of(conn, run_id, failed_task)
    if not failed_task and run.status in ("running", "waiting"):
        runs.set_phase(conn, run_id, "finish", "Closing the run")
    status = runs.finish_calendly_run(
        conn, run_id, error_kind=kind, error_message=message, times_opened=run.times_opened
    )
    found = runs.count_meetings(conn, run_id)
    counts = ", ".join(f"{number} {what}" for what, number in found.items()).replace(
        " new", " meetings new", 1
    )
    log.info("Run %s %s: %s", run_id, status, counts)
    return status
