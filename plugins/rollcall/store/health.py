"""How connections fare, as `rollcall health` shows it. The verdicts are made in SQL."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
from psycopg.rows import class_row, dict_row


@dataclass(frozen=True)
class Health:
    """One connection's verdict; `connection_id` is None where nobody has the name that was asked for.

    `status` is healthy, warning, critical or unknown, `health_score` 0 to 100 (None where unknown),
    `success_rate_7d` a percentage.
    """

    connection_id: int | None
    connection_name: str
    status: str
    health_score: int | None
    last_success_age: timedelta | None
    success_rate_7d: Decimal | None
    active_run_progress: Decimal | None
    open_gaps: int | None
    provisional_instances: int | None
    action: str


@dataclass(frozen=True)
class Alert:
    """Something that is wrong now; `connection_name` is None where it is about the whole installation."""

    condition: str
    severity: str
    connection_name: str | None
    since: datetime | None
    detail: str
    action: str


def read_health(conn: psycopg.Connection, connection: str | None) -> list[Health]:
    """The connection with this id or name, or all; a name that nobody has gets one row that says so."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM get_sync_health_status(%s)", (connection,)).fetchall()
    return [Health(**{field.name: row[field.name] for field in fields(Health)}) for row in rows]


def read_alerts(conn: psycopg.Connection) -> list[Alert]:
    """All that is wrong now, worst first."""
    with conn.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(
            "SELECT condition, severity, connection_name, since, detail, action FROM sync_alert_conditions"
        ).fetchall()
