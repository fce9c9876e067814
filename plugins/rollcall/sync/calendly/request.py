"""What a person asked of calendly_sync, checked before any call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.errors import UnknownConnection, WrongUse
from rollcall.store.runs import Run
from rollcall.store.users import CalendlyUser, find_user, read_users
from rollcall.sync.calendly.tokens import must_be_active
from rollcall.sync.dates import months_from, whole_days
from rollcall.sync.opening import WantedRun, open_or_find
from rollcall.sync.params import days_in, mode_in, name_in, workers_in

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
    mode = mode_in(params, MODES, "auto")
    workers = workers_in(params, DEFAULT_WORKERS, MOST_WORKERS)
    days = days_in(params, mode)
    if days and days[1] - days[0] > _LONGEST:
        raise WrongUse(f"The window from {days[0]} to {days[1]} is longer than ten years: shorten it.")
    return mode, whole_days(*days) if days else None, workers


def check_request(
    conn: psycopg.Connection, params: Mapping[str, Any], now: datetime | None = None
) -> CalendlyRequest:
    """Turn Dag params into a request; auto becomes full or incremental.

    Raises WrongUse (or one of its kinds) with a sentence that says what to change. Makes no call to Calendly.
    """
    now = now or datetime.now(UTC)
    mode, window, workers = check_params(params)
    user = _user(conn, name_in(params, "user"))
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
    must_be_active(found)
    return found


def open_run(conn: psycopg.Connection, request: CalendlyRequest, dag_id: str, dag_run_id: str) -> int | Run:
    """Open the run and return its id, or return the run that is in the way."""
    wanted = WantedRun(
        source="calendly",
        connection_id=request.user.id,
        connection=f"of Calendly user {request.user.id}",
        mode=request.mode,
        window_from=request.window_from,
        window_to=request.window_to,
        fetch_workers=request.fetch_workers,
    )
    return open_or_find(conn, wanted, dag_id, dag_run_id)
