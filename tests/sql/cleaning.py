"""Old runs to clean up, and what a cleanup says of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, row

ATTENDANCE = (
    "zoom_webinars",
    "zoom_webinar_instances",
    "zoom_participants",
    "zoom_participant_sessions",
    "zoom_instance_reads",
    "zoom_instance_reconciliation",
    "sync_gaps",
    "sync_state",
    "zoom_connections",
    "zoom_call_slots",
)
STAGING = ("zoom_participant_staging", "zoom_session_staging", "zoom_person_staging")
CLEANED = (
    "webinar_sync_queue",
    *STAGING,
    "sync_progress_updates",
    "sync_error_logs",
    "sync_runs",
    "sync_test_results",
    "zoom_call_budgets",
)
DELIVERIES = "calendly_webhook_events"


def clean(conn: psycopg.Connection, *arguments: Any) -> dict[str, dict[str, Any]]:
    places = sql.SQL(", ").join([sql.Literal(argument) for argument in arguments])
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql.SQL("SELECT * FROM cleanup_old_sync_data({})").format(places)).fetchall()
    assert [each["table_name"] for each in rows] == list(CLEANED)
    return {each["table_name"]: each for each in rows}


def counts(found: dict[str, dict[str, Any]], column: str) -> dict[str, int]:
    return {name: each[column] for name, each in found.items() if each[column]}


def rows_in(conn: psycopg.Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    found = conn.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def everything(conn: psycopg.Connection, tables: tuple[str, ...]) -> dict[str, list[Any]]:
    return {
        name: conn.execute(
            sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
        ).fetchall()
        for name in tables
    }


def age(conn: psycopg.Connection, run_id: int, days: int) -> None:
    """As if the run had been so many days ago."""
    conn.execute("RESET ROLE")
    back = timedelta(days=days)
    conn.execute(
        "UPDATE sync_runs SET started_at = started_at - %(by)s, heartbeat_at = heartbeat_at - %(by)s,"
        " finished_at = finished_at - %(by)s WHERE id = %(run)s",
        {"by": back, "run": run_id},
    )
    conn.execute(
        "UPDATE sync_progress_updates SET created_at = created_at - %s WHERE run_id = %s", (back, run_id)
    )
    conn.execute(
        "UPDATE sync_error_logs SET last_seen_at = last_seen_at - %s WHERE run_id = %s", (back, run_id)
    )


def failed_run(case: AttendanceCase, days: int) -> int:
    """A run of so long ago that failed with an error, one list whole in staging and one begun."""
    run_id = case.open_run()
    case.fetch(run_id, [row("Ann", email="ann@example.com", leave=5), row("Bob", leave=5)])
    attendance.sessionize(case.conn, run_id, 1000)
    runs.log_error(case.conn, run_id, kind="server_error", code="500", subject="x", message="no", context={})
    runs.log_activity(case.conn, run_id, "Working")
    runs.close_run(case.conn, run_id, "failed", "server_error", "no")
    age(case.conn, run_id, days)
    return run_id
