"""The account-wide limiter and the retry policies. One function per SQL function of sql/functions/limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg


@dataclass(frozen=True)
class Slot:
    """When the next call may go out: after `wait_seconds`, or not before `parked_until`."""

    wait_seconds: float
    parked_until: datetime | None


def take_slot(conn: psycopg.Connection, connection_id: int, label: str) -> Slot:
    """Reserve the next call of a label (light, medium, heavy, resource_intensive) for the connection's account."""
    row = conn.execute(
        "SELECT wait_seconds, parked_until FROM take_call_slot(%s, %s)", (connection_id, label)
    ).fetchone()
    wait, until = row or (0.0, None)
    return Slot(float(wait or 0.0), until)


def hold_calls(
    conn: psycopg.Connection, connection_id: int, label: str, until: datetime, *, daily: bool
) -> None:
    """Let no worker anywhere make such a call for the connection's account before `until`."""
    conn.execute("SELECT hold_calls(%s, %s, %s, %s)", (connection_id, label, until, daily))


def read_retry_policies(conn: psycopg.Connection) -> dict[str, tuple[int, float, float, float]]:
    """By kind of error: attempts, first delay, factor, longest delay (seconds)."""
    rows = conn.execute(
        "SELECT kind, attempts, first_delay_seconds::float8, factor::float8, max_delay_seconds::float8"
        " FROM sync_retry_policies"
    ).fetchall()
    return {kind: (attempts, first, factor, longest) for kind, attempts, first, factor, longest in rows}


def take_calendly_call(conn: psycopg.Connection, user_id: int) -> float:
    """Reserve the next call for a Calendly user; 0: make it now, otherwise the seconds to wait before asking again."""
    row = conn.execute("SELECT take_calendly_call(%s)", (user_id,)).fetchone()
    return float(row[0]) if row else 0.0


def note_calendly_limits(
    conn: psycopg.Connection,
    user_id: int,
    limit: int | None,
    remaining: int | None,
    reset_seconds: float | None,
) -> None:
    """Book what an answer's headers said: calls a minute, calls left, seconds until the count starts anew."""
    conn.execute("SELECT note_calendly_limits(%s, %s, %s, %s)", (user_id, limit, remaining, reset_seconds))
