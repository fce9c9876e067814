"""A run's progress as dashboards read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row


def read_progress(conn: psycopg.Connection, dag_ids: Sequence[str], dag_run_id: str) -> dict[str, Any] | None:
    """Status, phase, counts, waits and times of the run that an Airflow run of one of these Dags opened.

    None before it opened one. Run ids are unique within a Dag only: where several Dags have that one, the youngest.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT id AS run_id, source, status, mode, current_phase, progress_percentage::float8, message,"
            " instances_done, instances_queued AS instances_total, rows_fetched, rows_expected,"
            " sessions_inserted, sessions_updated, sessions_unchanged,"
            " meetings_new, meetings_updated, meetings_unchanged, meetings_canceled, meetings_missing,"
            " gaps, provisional, errors, waiting_until, waiting_reason, error_kind, error_message,"
            " started_at, heartbeat_at, estimated_end_at, finished_at"
            " FROM sync_runs WHERE airflow_dag_id = ANY(%s) AND airflow_run_id = %s ORDER BY id DESC LIMIT 1",
            (list(dag_ids), dag_run_id),
        ).fetchone()
