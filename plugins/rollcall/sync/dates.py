"""Days and months as people give them in params."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time
from typing import Any

from rollcall.errors import WrongUse


def day_of(name: str, given: Any) -> date:
    """The param `name` as a day. Raises WrongUse for what is none."""
    try:
        return date.fromisoformat(str(given)[:10])
    except ValueError:
        raise WrongUse(f"{name} is {given!r}: give a date like 2026-01-31.") from None


def midnight(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def months_from(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later (earlier where negative), the month's last day where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
