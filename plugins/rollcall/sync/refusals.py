"""What becomes of an error of the source, in one place: a gap on record and a line in the error log."""

from __future__ import annotations

import psycopg

from rollcall.errors import ScopeMissing, SourceError, Unavailable
from rollcall.store import gaps, runs

_SCOPE_RECHECK_HOURS = 24.0
_FAULT_RECHECK_HOURS = 0.0  # the next delta asks again


def record_gap(
    conn: psycopg.Connection,
    run_id: int,
    object_kind: str,
    object_key: str,
    error: SourceError,
    *,
    expected: bool | None = None,
) -> None:
    """Store that `object_kind` of `object_key` could not be had, why, and when to look again.

    `expected` marks what nobody need mend; where it is not given, the error's own word counts.
    """
    if expected is None:
        expected = isinstance(error, Unavailable) and error.expected
    if isinstance(error, Unavailable):
        recheck = error.recheck_after_hours
    elif isinstance(error, ScopeMissing):
        recheck = _SCOPE_RECHECK_HOURS
    else:
        recheck = _FAULT_RECHECK_HOURS
    gaps.note_gap(
        conn,
        run_id,
        object_kind=object_kind,
        object_key=object_key,
        status=error.status,
        code=error.code,
        reason=str(error),
        is_expected=expected,
        recheck_after_hours=recheck,
    )
    if not expected:
        log_source_error(conn, run_id, f"{object_kind} {object_key}", error)


def log_source_error(
    conn: psycopg.Connection, run_id: int, subject: str, error: SourceError, *, ended_task: bool = False
) -> None:
    """Count the error in the run's log, with what the vendor's support will ask for.

    `ended_task`: it is raised after that, and so is what the task failed with.
    """
    runs.log_error(
        conn,
        run_id,
        kind=error.kind,
        code=str(error.code if error.code is not None else error.status or ""),
        subject=subject,
        message=str(error),
        context={
            "http_status": error.status,
            "code": error.code,
            "tracking_id": error.tracking_id,
            "ended_task": ended_task,
        },
    )


def log_if_short(
    conn: psycopg.Connection, run_id: int, subject: str, rows: int, total_records: int | None
) -> None:
    """Put on record a list that ended after fewer `rows` than the source said that it has (None: it did not say).

    No gap: what was served is whole, and nobody knows whether the source counts as it lists.
    """
    if total_records is None or rows >= total_records:
        return
    runs.log_error(
        conn,
        run_id,
        kind="data_error",
        code="short_list",
        subject=subject,
        message=f"Zoom states {total_records} rows for {subject} and served {rows}: a full sync asks again.",
        context={"stated": total_records, "served": rows},
    )


def log_unreadable(
    conn: psycopg.Connection, run_id: int, subject: str, unreadable: int, entries: int
) -> None:
    """Put on record that so many of a list's `entries` were left out: they are no objects, or have no usable id."""
    if not unreadable:
        return
    runs.log_error(
        conn,
        run_id,
        kind="data_error",
        code="unreadable_entries",
        subject=subject,
        message=f"{unreadable} of {entries} entries of {subject} have no usable id and were left out: the next sync "
        "asks again; report it if this stays so.",
        context={"unreadable": unreadable, "entries": entries},
    )
