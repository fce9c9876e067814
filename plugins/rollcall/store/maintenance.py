"""What a DBA asks of the database, for the Dag that asks it too. One function per SQL function that people call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True)
class StaleRun:
    """An active run without a sign of life for so long. `connection_name` is None where the connection is gone."""

    run_id: int
    source: str
    connection_name: str | None
    airflow_run_id: str | None
    heartbeat_at: datetime
    silent_for: timedelta


@dataclass(frozen=True)
class ClosedRun(StaleRun):
    """A stale run that was closed; `leases_returned` lists were in its workers' hands, `message` is for people."""

    leases_returned: int
    message: str


@dataclass(frozen=True)
class CleanedTable:
    """What a cleanup found and did in one table. `kept_since` is None where all is kept for ever; `is_complete`: no
    old row is left."""

    table_name: str
    kept_since: datetime | None
    rows_found: int
    rows_deleted: int
    is_dry_run: bool
    is_complete: bool


@dataclass(frozen=True)
class HealthCheck:
    """One check: `status` is ok, warning or critical; `hint` says what to do."""

    check_name: str
    status: str
    detail: str
    hint: str | None


@dataclass(frozen=True)
class TestResult:
    """One case of the self-test."""

    test_name: str
    passed: bool
    expected: str
    actual: str | None


def find_stale_runs(conn: psycopg.Connection, after: timedelta) -> list[StaleRun]:
    """Runs that `close_stale_runs` would close; changes nothing."""
    with conn.cursor(row_factory=class_row(StaleRun)) as cursor:
        return cursor.execute("SELECT * FROM find_stale_runs(%s)", (after,)).fetchall()


def close_stale_runs(conn: psycopg.Connection, after: timedelta) -> list[ClosedRun]:
    """Close runs without a sign of life for so long; those that somebody else closes meanwhile are not among them."""
    with conn.cursor(row_factory=class_row(ClosedRun)) as cursor:
        return cursor.execute("SELECT * FROM check_stale_syncs(%s)", (after,)).fetchall()


def clean(
    conn: psycopg.Connection, days: int | None, *, dry_run: bool, max_rows: int | None
) -> list[CleanedTable]:
    """Delete bookkeeping older than `days` (None: than the stored settings), at most `max_rows` rows (None: all)."""
    with conn.cursor(row_factory=class_row(CleanedTable)) as cursor:
        return cursor.execute(
            "SELECT * FROM clean_sync_data(%s, %s, %s)", (days, dry_run, max_rows)
        ).fetchall()


def run_health_checks(conn: psycopg.Connection) -> list[HealthCheck]:
    """Every health check with its outcome."""
    with conn.cursor(row_factory=class_row(HealthCheck)) as cursor:
        return cursor.execute(
            "SELECT check_name, status, detail, hint FROM run_sync_health_checks()"
        ).fetchall()


def run_self_test(conn: psycopg.Connection) -> list[TestResult]:
    """Try the sync itself on invented people; nothing of it stays but the results."""
    with conn.cursor(row_factory=class_row(TestResult)) as cursor:
        return cursor.execute(
            "SELECT test_name, passed, expected, actual FROM test_sync_process()"
        ).fetchall()
