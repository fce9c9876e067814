"""Staging, sessionize, upsert, reconcile: thin calls of sql/functions/attendance, and the COPY that feeds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

STAGING_COLUMNS: tuple[tuple[str, str], ...] = (
    ("user_id", "text"),
    ("participant_user_id", "text"),
    ("registrant_id", "text"),
    ("customer_key", "text"),
    ("name", "text"),
    ("email", "text"),
    ("join_time", "timestamptz"),
    ("leave_time", "timestamptz"),
    ("duration", "int4"),
    ("status", "text"),
    ("failover", "bool"),
    ("internal_user", "bool"),
    ("bo_mtg_id", "text"),
    ("other_fields", "jsonb"),
    ("marks", "text[]"),
)
"""Order and types of the values that `stage_participants` takes for each row."""

_COPY = (
    f"COPY zoom_participant_staging (item_id, list_no, row_no, {', '.join(name for name, _ in STAGING_COLUMNS)})"
    " FROM STDIN (FORMAT binary)"
)
_TYPES = ["int8", "int4", "int4", *(kind for _, kind in STAGING_COLUMNS)]


def stage_participants(
    conn: psycopg.Connection, item_id: int, list_no: int, first_row_no: int, rows: Iterable[tuple[Any, ...]]
) -> None:
    """COPY rows as they came; each is a tuple in the order of STAGING_COLUMNS."""
    with conn.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
        copy.set_types(_TYPES)
        for row_no, row in enumerate(rows, first_row_no):
            copy.write_row((item_id, list_no, row_no, *row))


def sessionize(conn: psycopg.Connection, run_id: int, max_rows: int) -> int:
    """Sessionize one batch of fetched instances; returns how many, 0 when none is left."""
    return _count(conn, "SELECT sessionize_fetched(%s, %s)", (run_id, max_rows))


def upsert(conn: psycopg.Connection, run_id: int, max_rows: int) -> int:
    """Upsert one batch of sessionized instances; returns how many, 0 when none is left."""
    return _count(conn, "SELECT upsert_sessionized(%s, %s)", (run_id, max_rows))


def reconcile(conn: psycopg.Connection, run_id: int) -> int:
    """Compare what the run stored with the source's totals; returns the comparisons that are new or changed."""
    return _count(conn, "SELECT reconcile_instances(%s)", (run_id,))


def _count(conn: psycopg.Connection, query: str, values: tuple[int, ...]) -> int:
    row = conn.execute(query.encode(), values).fetchone()
    return int(row[0]) if row else 0
