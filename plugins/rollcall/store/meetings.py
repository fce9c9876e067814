"""Meetings and invitees: what a listing found, what it lacked. One function per function of sql/functions/calendly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from rollcall.errors import RunClosed

Record = Mapping[str, Any]
Version = tuple[datetime | None, int | None, int | None]
"""Of an event: its `updated_at` at Calendly, how many invitees it has, and how many of them are active."""


@dataclass(frozen=True)
class Outcome:
    """What became of a batch: counts by new, updated, unchanged, outdated, and how many were newly canceled."""

    counts: Counter[str]
    canceled: int = 0


def upsert_meetings(
    conn: psycopg.Connection, user_id: int, records: Sequence[Record], *, via_webhook: bool
) -> Outcome:
    """Store events, dicts with columns of `meetings` as keys, as seen by a user."""
    rows = conn.execute(
        "SELECT outcome, is_newly_canceled FROM upsert_meetings(%s, %s, %s)",
        (user_id, Jsonb([dict(record) for record in records]), via_webhook),
    ).fetchall()
    return Outcome(Counter(outcome for outcome, _ in rows), sum(bool(canceled) for _, canceled in rows))


def upsert_invitees(conn: psycopg.Connection, records: Sequence[Record], *, via_webhook: bool) -> Outcome:
    """Store invitees, dicts with columns of `meeting_invitees` as keys; their meetings first."""
    rows = conn.execute(
        "SELECT outcome FROM upsert_invitees(%s, %s)",
        (Jsonb([dict(record) for record in records]), via_webhook),
    ).fetchall()
    return Outcome(Counter(outcome for (outcome,) in rows))


def note_no_show(
    conn: psycopg.Connection,
    invitee_uri: str,
    no_show_uri: str,
    marked_at: datetime | None,
    *,
    is_removed: bool,
) -> str:
    """Set an invitee's no-show mark or take it back: `updated`, `outdated`, or `unknown` for an invitee not stored."""
    row = conn.execute(
        "SELECT note_no_show(%s, %s, %s, %s)", (invitee_uri, no_show_uri, marked_at, is_removed)
    ).fetchone()
    return str(row[0]) if row else "unknown"


def book_slice(
    conn: psycopg.Connection, run_id: int, slice_from: datetime, slice_to: datetime, uris: Sequence[str]
) -> int:
    """Book a slice as listed to its last page; returns how many stored meetings it lacked.

    Raises RunClosed when the run has ended.
    """
    row = conn.execute(
        "SELECT book_listing_slice(%s, %s, %s, %s)", (run_id, slice_from, slice_to, list(uris))
    ).fetchone()
    if not row or row[0] is None:
        raise RunClosed(f"Run {run_id} has ended: nothing more is written for it.")
    return int(row[0])


def booked_slices(conn: psycopg.Connection, run_id: int) -> set[datetime]:
    """Where the slices begin that the run has listed already."""
    rows = conn.execute("SELECT slice_from FROM calendly_listing_slices WHERE run_id = %s", (run_id,))
    return {start for (start,) in rows}


def not_listed(conn: psycopg.Connection, run_id: int) -> list[tuple[int, str]]:
    """Id and URI of the stored meetings that the complete listing of their slice lacked."""
    return list(conn.execute("SELECT * FROM not_listed_meetings(%s)", (run_id,)).fetchall())


def mark_missing(conn: psycopg.Connection, meeting_id: int, reason: str) -> bool:
    """Mark a meeting that Calendly no longer serves: `gone` or `no_access`. False: it was marked already."""
    row = conn.execute("SELECT mark_meeting_missing(%s, %s)", (meeting_id, reason)).fetchone()
    return bool(row and row[0])


def enqueue_invitees(conn: psycopg.Connection, run_id: int, recent: timedelta) -> int:
    """Queue the meetings whose invitees are to be read; `recent`: for so long after its end each time."""
    row = conn.execute("SELECT enqueue_invitees(%s, %s)", (run_id, recent)).fetchone()
    return int(row[0]) if row else 0


def read_version(conn: psycopg.Connection, meeting_id: int) -> Version:
    """As which version the event is stored now: ask before its invitees are read."""
    row = conn.execute(
        "SELECT event_updated_at, invitees_total, invitees_active FROM meetings WHERE id = %s", (meeting_id,)
    ).fetchone()
    return row or (None, None, None)


def note_read(conn: psycopg.Connection, meeting_id: int, version: Version) -> None:
    """Record as which version of its event the meeting's invitees were read."""
    conn.execute("SELECT note_meeting_read(%s, %s, %s, %s)", (meeting_id, *version))
