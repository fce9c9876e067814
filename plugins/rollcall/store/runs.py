"""Runs: opening, progress, waits, errors, gaps, the end. One function per SQL function of sql/functions/runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from rollcall.errors import RunClosed


@dataclass(frozen=True)
class Run:
    """What a task needs to know of its run. `window_from` and `window_to` are aware; None means no bound."""

    id: int
    connection_id: int
    mode: str
    window_from: datetime | None
    window_to: datetime | None
    webinar_ids: list[int] | None
    fetch_workers: int
    status: str
    started_at: datetime
    airflow_dag_id: str | None
    airflow_run_id: str | None
    heartbeat_at: datetime
    waiting_until: datetime | None
    times_opened: int


_RUN_COLUMNS = (
    "id, connection_id, mode, window_from, window_to, webinar_ids, fetch_workers, status, started_at,"
    " airflow_dag_id, airflow_run_id, heartbeat_at, waiting_until, times_opened"
)


def open_run(
    conn: psycopg.Connection,
    *,
    source: str,
    connection_id: int,
    mode: str,
    window_from: datetime | None,
    window_to: datetime | None,
    webinar_ids: Sequence[int] | None,
    fetch_workers: int,
    dag_id: str,
    dag_run_id: str,
) -> int | None:
    """Open a run, or take up the one this Airflow run opened before; returns its id.

    None: another run of the connection is active (see `active_run`).
    """
    try:
        with conn.transaction():
            row = conn.execute(
                "SELECT open_sync_run(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    source,
                    connection_id,
                    mode,
                    window_from,
                    window_to,
                    list(webinar_ids) if webinar_ids is not None else None,
                    fetch_workers,
                    dag_id,
                    dag_run_id,
                ),
            ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "sync_runs_one_active_per_connection":
            raise
        return None
    return int(row[0]) if row else None


def active_run(conn: psycopg.Connection, source: str, connection_id: int) -> Run | None:
    """The run of the connection that has not ended, if any."""
    with conn.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(
            f"SELECT {_RUN_COLUMNS} FROM sync_runs"  # noqa: S608 - a constant
            " WHERE source = %s AND connection_id = %s AND finished_at IS NULL",
            (source, connection_id),
        ).fetchone()


def get_run(conn: psycopg.Connection, run_id: int) -> Run:
    """The run. Raises RunClosed where it does not exist."""
    with conn.cursor(row_factory=class_row(Run)) as cursor:
        run = cursor.execute(
            f"SELECT {_RUN_COLUMNS} FROM sync_runs WHERE id = %s",  # noqa: S608 - a constant
            (run_id,),
        ).fetchone()
    if run is None:
        raise RunClosed(f"Run {run_id} is not in sync_runs any more: start a new one.")
    return run


def run_of(conn: psycopg.Connection, dag_id: str, dag_run_id: str) -> int | None:
    """Id of the run that an Airflow run opened, None where it opened none."""
    row = conn.execute(
        "SELECT id FROM sync_runs WHERE airflow_dag_id = %s AND airflow_run_id = %s", (dag_id, dag_run_id)
    ).fetchone()
    return int(row[0]) if row else None


def mark(conn: psycopg.Connection, connection_id: int) -> datetime | None:
    """Everything that ended before this moment was read by a run that completed; None before the first."""
    row = conn.execute(
        "SELECT mark_at FROM sync_state WHERE connection_id = %s AND resource = 'webinars'", (connection_id,)
    ).fetchone()
    return row[0] if row else None


def hold(conn: psycopg.Connection, run: Run) -> None:
    """Keep the run from being ended until this transaction is over; goes before whatever is written for it.

    Raises RunClosed when it has ended, or was taken up again since `run` was read: then another task does this work.
    """
    held = conn.execute("SELECT hold_run(%s, %s)", (run.id, run.times_opened)).fetchone()
    must_be_open(held, run.id)


def set_phase(conn: psycopg.Connection, run_id: int, phase: str, message: str) -> None:
    """Move the run to a phase. Raises RunClosed when it has ended."""
    must_be_open(
        conn.execute("SELECT set_run_phase(%s, %s, %s)", (run_id, phase, message)).fetchone(), run_id
    )


def refresh_progress(conn: psycopg.Connection, run_id: int) -> None:
    """Bring counts and percentage up to date with the queue. Raises RunClosed when the run has ended."""
    must_be_open(conn.execute("SELECT refresh_run_progress(%s)", (run_id,)).fetchone(), run_id)


def set_waiting(conn: psycopg.Connection, run_id: int, until: datetime, reason: str, *, parked: bool) -> None:
    """Name what the run waits for. Raises RunClosed when it has ended."""
    row = conn.execute("SELECT set_run_waiting(%s, %s, %s, %s)", (run_id, until, reason, parked)).fetchone()
    must_be_open(row, run_id)


def note_found(conn: psycopg.Connection, run_id: int, *, webinars: int, instances: int) -> None:
    """Record how many webinars and instances discovery saw."""
    conn.execute(
        "UPDATE sync_runs SET webinars_found = %s, instances_found = %s WHERE id = %s",
        (webinars, instances, run_id),
    )


def add_meetings(
    conn: psycopg.Connection, run_id: int, counts: Mapping[str, int], *, canceled: int = 0
) -> None:
    """Add to the run's meetings by outcome (new, updated, unchanged, outdated, missing), and to its canceled ones."""
    conn.execute(
        """
        UPDATE sync_runs SET
            meetings_new = meetings_new + %(new)s,
            meetings_updated = meetings_updated + %(updated)s,
            meetings_unchanged = meetings_unchanged + %(unchanged)s,
            meetings_canceled = meetings_canceled + %(canceled)s,
            meetings_missing = meetings_missing + %(missing)s,
            heartbeat_at = clock_timestamp()
        WHERE id = %(run)s
        """,
        {
            "run": run_id,
            "new": counts.get("new", 0),
            "updated": counts.get("updated", 0),
            "unchanged": counts.get("unchanged", 0) + counts.get("outdated", 0),
            "missing": counts.get("missing", 0),
            "canceled": canceled,
        },
    )


def count_meetings(conn: psycopg.Connection, run_id: int) -> dict[str, int]:
    """How many meetings the run found new, updated, unchanged, canceled and missing."""
    row = conn.execute(
        "SELECT meetings_new, meetings_updated, meetings_unchanged, meetings_canceled, meetings_missing"
        " FROM sync_runs WHERE id = %s",
        (run_id,),
    ).fetchone()
    return dict(zip(("new", "updated", "unchanged", "canceled", "missing"), row or (0,) * 5, strict=True))


def note_calls(conn: psycopg.Connection, run_id: int, calls: int) -> None:
    """Add to the HTTP calls that the run made."""
    conn.execute("UPDATE sync_runs SET api_calls = api_calls + %s WHERE id = %s", (calls, run_id))


def log_activity(conn: psycopg.Connection, run_id: int, message: str) -> None:
    """Add a sentence for people to the activity log; nothing personal. Raises RunClosed when the run has ended."""
    must_be_open(conn.execute("SELECT log_activity(%s, %s)", (run_id, message)).fetchone(), run_id)


def log_error(
    conn: psycopg.Connection,
    run_id: int,
    *,
    kind: str,
    code: str,
    subject: str,
    message: str,
    context: Mapping[str, str | int | None],
) -> None:
    """Count an error of the run; nothing personal in any field. Raises RunClosed when the run has ended."""
    row = conn.execute(
        "SELECT log_sync_error(%s, %s, %s, %s, %s, %s)",
        (run_id, kind, code, subject, message, Jsonb(dict(context))),
    ).fetchone()
    must_be_open(row, run_id)


def fatal_error(conn: psycopg.Connection, run_id: int) -> tuple[str, str] | None:
    """Kind and sentence of the latest error that ended a task of the run, None where it had none: those that became
    gaps ended none."""
    row = conn.execute(
        "SELECT kind, message FROM sync_error_logs WHERE run_id = %s AND context @> '{\"ended_task\": true}'"
        " ORDER BY last_seen_at DESC, id DESC LIMIT 1",
        (run_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def finish_run(
    conn: psycopg.Connection,
    run_id: int,
    *,
    error_kind: str | None,
    error_message: str | None,
    times_opened: int | None = None,
) -> str:
    """Close the run with the status it earned and move the mark; returns the status.

    Raises RunClosed when `times_opened` is given and the run was taken up again since.
    """
    row = conn.execute(
        "SELECT finish_sync_run(%s, %s, %s, %s)", (run_id, times_opened, error_kind, error_message)
    ).fetchone()
    if not row or row[0] is None:
        raise RunClosed(f"Run {run_id} was taken up again by another task: that one finishes it.")
    return str(row[0])


def finish_calendly_run(
    conn: psycopg.Connection,
    run_id: int,
    *,
    error_kind: str | None,
    error_message: str | None,
    times_opened: int,
) -> str:
    """Close a Calendly run with the status it earned; returns it. Raises RunClosed as `finish_run` does."""
    row = conn.execute(
        "SELECT finish_calendly_run(%s, %s, %s, %s)", (run_id, times_opened, error_kind, error_message)
    ).fetchone()
    if not row or row[0] is None:
        raise RunClosed(f"Run {run_id} was taken up again by another task: that one finishes it.")
    return str(row[0])


def close_run(
    conn: psycopg.Connection,
    run_id: int,
    status: str,
    error_kind: str | None = None,
    error_message: str | None = None,
) -> bool:
    """End the run as cancelled or failed; False when somebody ended it before."""
    row = conn.execute(
        "SELECT close_sync_run(%s, %s, %s, %s)", (run_id, status, error_kind, error_message)
    ).fetchone()
    return bool(row and row[0])


def must_be_open(row: tuple[bool, ...] | None, run_id: int) -> None:
    """Raise RunClosed unless the SQL function that answered `row` found the run active."""
    if not row or not row[0]:
        raise RunClosed(
            f"Run {run_id} has ended (cancelled, failed or finished elsewhere) or was taken up again by another task: "
            "nothing more is written by this one."
        )
