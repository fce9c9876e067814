"""What a person asked of calendly_sync, checked before any call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.errors import InactiveConnection, UnknownConnection, WrongUse
from rollcall.store.runs import Run
from rollcall.store.users import CalendlyUser, find_user, read_users
from rollcall.sync.dates import day_of, midnight, months_from
from rollcall.sync.opening import Asked, open_or_find

MODES = ("auto", "full", "incremental", "date_range")
DEFAULT_WORKERS = 2
MOST_WORKERS = 8

_FULL_MONTHS = (-24, 12)
_INCREMENTAL_MONTHS = (-3, 6)
_OVERLAP = timedelta(days=7)  # before the last sync, where that is longer ago than the window reaches
_LONGEST = timedelta(days=3660)  # every month of a window is a listing of its own


@dataclass(frozen=True)
class CalendlyRequest:
    """A checked request. `mode` is full, incremental or date_range; the window is aware UTC, its end excluded."""

    user: CalendlyUser
    mode: str
    window_from: datetime
    window_to: datetime
    fetch_workers: int


def check_params(params: Mapping[str, Any]) -> tuple[str, tuple[datetime, datetime] | None, int]:
    """Check all that can be checked without a database: mode, the window of mode date_range, and the workers.

    Raises WrongUse with a sentence that says what to change.
    """
    mode = params.get("mode") or "auto"
    if mode not in MODES:
        raise WrongUse(f"mode is {mode!r}: choose one of {', '.join(MODES)}.")
    workers = params.get("fetch_workers")
    workers = DEFAULT_WORKERS if workers is None else workers
    if not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
        raise WrongUse(f"fetch_workers is {workers!r}: give a whole number from 1 to {MOST_WORKERS}.")
    first, last = params.get("from"), params.get("to")
    if mode != "date_range" and (first or last):
        raise WrongUse(
            f"from and to belong to mode date_range, not to {mode}: leave them empty or change the mode."
        )
    return mode, _window(first, last) if mode == "date_range" else None, workers


def check_request(
    conn: psycopg.Connection, params: Mapping[str, Any], now: datetime | None = None
) -> CalendlyRequest:
    """Turn Dag params into a request; auto becomes full or incremental.

    Raises WrongUse (or one of its kinds) with a sentence that says what to change. Makes no call to Calendly.
    """
    now = now or datetime.now(UTC)
    mode, window, workers = check_params(params)
    user = _user(conn, str(params.get("user") or ""))
    if mode == "auto":
        mode = "incremental" if user.calendly_initial_sync_complete else "full"
    if window is None:
        back, forward = _FULL_MONTHS if mode == "full" else _INCREMENTAL_MONTHS
        window = months_from(now, back), months_from(now, forward)
        if mode == "incremental" and user.last_calendly_sync is not None:
            # What took place while nobody synced would otherwise never be seen.
            window = min(window[0], user.last_calendly_sync.astimezone(UTC) - _OVERLAP), window[1]
    return CalendlyRequest(user, mode, *window, workers)


def _user(conn: psycopg.Connection, name: str) -> CalendlyUser:
    found = find_user(conn, name)
    if found is None:
        # By id: e-mails have no place in logs and XComs.
        ids = ", ".join(str(user.id) for user in read_users(conn)) or "none yet"
        raise UnknownConnection(
            f"There is no such Calendly user (there are the ids: {ids}): choose one of these by id or e-mail, as "
            "`rollcall calendly list` shows them, or connect one with `rollcall calendly connect`."
        )
    if not found.calendly_is_active:
        raise InactiveConnection(
            f"Calendly user {found.id} is switched off: `rollcall calendly activate {found.id}` switches it on."
        )
    return found


def _window(first: Any, last: Any) -> tuple[datetime, datetime]:
    if not first or not last:
        raise WrongUse("Mode date_range needs from and to: give both as dates, like 2026-01-31.")
    start, end = day_of("from", first), day_of("to", last)
    if end < start:
        raise WrongUse(f"The window is back to front: from {start} is after to {end}; swap them.")
    if end - start > _LONGEST:
        raise WrongUse(f"The window from {start} to {end} is longer than ten years: shorten it.")
    return midnight(start), midnight(end + timedelta(days=1))


def open_run(conn: psycopg.Connection, request: CalendlyRequest, dag_id: str, dag_run_id: str) -> int | Run:
    """Open the run and return its id, or return the run that is in the way."""
    asked = Asked(
        source="calendly",
        connection_id=request.user.id,
        connection=f"of Calendly user {request.user.id}",
        mode=request.mode,
        window_from=request.window_from,
        window_to=request.window_to,
        fetch_workers=request.fetch_workers,
    )
    return open_or_find(conn, asked, dag_id, dag_run_id)
