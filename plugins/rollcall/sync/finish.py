"""Finish: compare with the source's own totals, close the run with an honest status."""

from __future__ import annotations

import psycopg

from rollcall.store import attendance, runs


def finish(conn: psycopg.Connection, run_id: int, *, failed_task: str | None) -> str:
    """Reconcile and close the run; returns its status. `failed_task` names a task that failed before, if any.

    Raises RunClosed when the run was taken up again meanwhile: it is not this task's to finish.
    """
    run = runs.get_run(conn, run_id)
    if run.status in ("running", "waiting"):
        runs.set_phase(conn, run_id, "finish", "Comparing with Zoom's own totals")
        attendance.reconcile(conn, run_id)
    kind, message = failure_of(conn, run_id, failed_task)
    return runs.finish_run(
        conn, run_id, error_kind=kind, error_message=message, times_opened=run.times_opened
    )


def failure_of(
    conn: psycopg.Connection, run_id: int, failed_task: str | None
) -> tuple[str | None, str | None]:
    """Kind and message of the error that ends a run whose `failed_task` failed; neither where no task did."""
    if failed_task is None:
        return None, None
    kind, said = runs.fatal_error(conn, run_id) or (None, "its log in Airflow says why")
    return kind, f"Task {failed_task} failed: {said}"
