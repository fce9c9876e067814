"""Points in time as Calendly writes them. Inside this sandbox a time is an integer of Unix microseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def iso(moment: int) -> str:
    """`2026-11-12T15:00:00.000000Z`: UTC, always six decimals."""
    number, rest = divmod(moment, DAY)
    seconds, micros = divmod(rest, SECOND)
    return f"{_day(number)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros:06d}Z"


def moment_of(text: str) -> int:
    """Unix microseconds of an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    read = datetime.fromisoformat(text)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return (read - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
