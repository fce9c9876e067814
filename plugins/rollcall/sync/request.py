"""What a person asked for, checked before any call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.errors import InactiveConnection, UnknownConnection, WrongUse
from rollcall.sources.values import bigint_of
from rollcall.store import runs
from rollcall.store.connections import ZoomConnection, find_connection, read_connections
from rollcall.sync.dates import whole_days
from rollcall.sync.params import days_in, mode_in, name_in, workers_in

MODES = ("full", "delta", "date_range", "webinars")
DEFAULT_WORKERS = 4
MOST_WORKERS = 16
OVERLAP = timedelta(days=3)


@dataclass(frozen=True)
class SyncRequest:
    """A checked request. `window_from` (inclusive) and `window_to` (exclusive) are aware UTC, None for no bound."""

    connection: ZoomConnection
    mode: str
    window_from: datetime | None
    window_to: datetime | None
    webinar_ids: tuple[int, ...] | None
    fetch_workers: int


@dataclass(frozen=True)
class Asked:
    """What the params say by themselves, without a look into the database."""

    mode: str
    window: tuple[datetime, datetime] | None
    webinar_ids: tuple[int, ...] | None
    fetch_workers: int


def check_params(params: Mapping[str, Any], now: datetime | None = None) -> Asked:
    """Check all that can be checked without a database. Raises WrongUse with a sentence that says what to change."""
    now = now or datetime.now(UTC)
    mode = mode_in(params, MODES, "delta")
    workers = workers_in(params, DEFAULT_WORKERS, MOST_WORKERS)
    days = days_in(params, mode)
    if days and days[1] > now.astimezone(UTC).date():
        raise WrongUse(
            f"The window ends in the future ({days[1]}): only webinars that have ended can be read; "
            "end it today at the latest."
        )
    ids = params.get("webinar_ids")
    if mode != "webinars" and ids:
        raise WrongUse(
            f"webinar_ids belong to mode webinars, not to {mode}: leave them empty or change the mode."
        )
    return Asked(
        mode,
        whole_days(*days) if days else None,
        _ids(ids or []) if mode == "webinars" else None,
        workers,
    )


def check_request(
    conn: psycopg.Connection, params: Mapping[str, Any], now: datetime | None = None
) -> SyncRequest:
    """Turn Dag params into a request.

    Raises WrongUse (or one of its kinds) with a sentence that says what to change. Makes no call to Zoom.
    """
    now = now or datetime.now(UTC)
    asked = check_params(params, now)
    connection = _connection(conn, name_in(params, "connection"))
    window_from, window_to = asked.window or (None, None)
    if asked.mode in ("full", "delta"):
        mark = runs.mark(conn, connection.id) if asked.mode == "delta" else None
        window_from, window_to = (mark - OVERLAP if mark else None), now
    return SyncRequest(connection, asked.mode, window_from, window_to, asked.webinar_ids, asked.fetch_workers)


def _connection(conn: psycopg.Connection, name: str) -> ZoomConnection:
    found = find_connection(conn, name)
    if found is None:
        names = ", ".join(c.name for c in read_connections(conn)) or "none yet"
        raise UnknownConnection(
            f"There is no connection named {name!r} (there are: {names}): "
            "choose one of these, or add it with `rollcall connection add`."
        )
    if not found.is_active:
        raise InactiveConnection(
            f"Connection {name} is switched off: switch it on with `rollcall connection activate {name}`."
        )
    return found


def _ids(given: Any) -> tuple[int, ...]:
    entries = given if isinstance(given, list) else [given]
    words = [word for entry in entries for word in str(entry).replace(",", "\n").split("\n") if word.strip()]
    if not words:
        raise WrongUse("Mode webinars needs webinar_ids: give at least one webinar id, like 88988872033.")
    ids = []
    for word in words:
        number = bigint_of(word)
        if number is None:
            raise WrongUse(
                f"{word.strip()!r} is no webinar id: give the number that Zoom shows, like 88988872033."
            )
        ids.append(number)
    return tuple(dict.fromkeys(ids))
