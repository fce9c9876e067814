"""A run's progress as dashboards read it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row


def read_progress(conn: psycopg.Connection, dag_id: str, dag_run_id: str) -> dict[str, Any] | None:
    """Status, phase, counts, waits and times of the run that an Airflow run opened; None before it opened one."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT id AS run_id, status, mode, current_phase, progress_percentage::float8, message,"
            " instances_done, instances_queued AS instances_total, rows_fetched, rows_expected,"
            " sessions_inserted, sessions_updated, sessions_unchanged, gaps, provisional, errors,"
            " waiting_until, waiting_reason, error_kind, error_message,"
            " started_at, heartbeat_at, estimated_end_at, finished_at"
            " FROM sync_runs WHERE airflow_dag_id = %s AND airflow_run_id = %s",
            (dag_id, dag_run_id),
        ).fetchone()
