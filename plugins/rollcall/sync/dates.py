"""Windows of whole days and months, in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta


def whole_days(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment of `first` to the first one after `last`."""
    return datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC)


def months_from(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later (earlier where negative), the month's last day where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
