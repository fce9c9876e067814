"""Points in time as the API writes them. Inside the sandbox a time is an integer or float of Unix seconds."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY = 86_400


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def iso(seconds: float) -> str:
    """`2026-03-04T15:00:07Z`; with two digits of a fraction where there is one (the API shows both forms)."""
    whole = int(seconds)
    number, rest = divmod(whole, DAY)
    text = f"{_day(number)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{text}Z" if seconds == whole else f"{text}.{round((seconds - whole) * 100):02d}Z"


def seconds_of(text: str) -> float:
    """Unix seconds of a time written by `iso`."""
    stamp = datetime.fromisoformat(text).timestamp()
    return int(stamp) if stamp == int(stamp) else stamp


def day_of(seconds: float) -> date:
    """The UTC day that a time falls on."""
    return datetime.fromtimestamp(seconds, UTC).date()


def months_later(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
