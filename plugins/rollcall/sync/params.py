"""The params that the syncs of every source take: mode, workers, window. What makes no sense is refused with WrongUse,
whose sentence says what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rollcall.errors import WrongUse


def mode_in(params: Mapping[str, Any], modes: Sequence[str], default: str) -> str:
    """One of `modes`."""
    mode = params.get("mode") or default
    if mode not in modes:
        raise WrongUse(f"mode is {mode!r}: choose one of {', '.join(modes)}.")
    return str(mode)


def name_in(params: Mapping[str, Any], param: str) -> str:
    """What that param names, "" for nothing; what no database takes in a text stands there as `?`."""
    return str(params.get(param) or "").encode(errors="replace").decode().replace("\x00", "?")


def workers_in(params: Mapping[str, Any], default: int, most: int) -> int:
    """How many workers fetch, from 1 to `most`."""
    workers = params.get("fetch_workers")
    workers = default if workers is None else workers
    if not isinstance(workers, int) or not 1 <= workers <= most:
        raise WrongUse(f"fetch_workers is {workers!r}: give a whole number from 1 to {most}.")
    return workers


def days_in(params: Mapping[str, Any], mode: str) -> tuple[date, date] | None:
    """First and last day of mode date_range; None for other modes, which take no days."""
    first, last = params.get("from"), params.get("to")
    if mode != "date_range":
        if first or last:
            raise WrongUse(
                f"from and to belong to mode date_range, not to {mode}: leave them empty or change the mode."
            )
        return None
    if not first or not last:
        raise WrongUse("Mode date_range needs from and to: give both as dates, like 2026-01-31.")
    start, end = _day("from", first), _day("to", last)
    if end < start:
        raise WrongUse(f"The window is back to front: from {start} is after to {end}; swap them.")
    return start, end


def _day(name: str, given: Any) -> date:
    try:
        day = date.fromisoformat(str(given)[:10])
    except ValueError:
        raise WrongUse(f"{name} is {given!r}: give a date like 2026-01-31.") from None
    # A year that was mistyped would be asked for month by month, and the first and the last have no neighbours.
    if not 2000 <= day.year <= 2099:
        raise WrongUse(f"{name} is {day}: give a day from 2000 to 2099.")
    return day
