"""One row of an attendance list as the values that are staged (Zoom API reference, participant reports)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from rollcall.sources.values import bool_of, int_of, json_of, moment_of, text_of

_KNOWN = frozenset(
    {
        "id",
        "participant_user_id",
        "user_id",
        "registrant_id",
        "customer_key",
        "name",
        "user_email",
        "join_time",
        "leave_time",
        "duration",
        "status",
        "failover",
        "internal_user",
        "bo_mtg_id",
    }
)

_NUL = "\x00"
_LONGEST = 2**31
_moment: Callable[[Any], datetime] = datetime.fromisoformat


def staged_values(rows: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Values of each row, in the order of the staging table: user_id, participant_user_id, registrant_id,
    customer_key, name, email, join_time, leave_time, duration (seconds), status, failover, internal_user,
    bo_mtg_id, other fields, marks.

    Whatever a row holds, it gives values: what can't be read is None and marked. Entries that are no objects are
    left out.
    """
    objects = [row for row in rows if isinstance(row, dict)]
    has_others = not _KNOWN.issuperset(chain.from_iterable(objects))
    for row in objects:
        yield _values(row, has_others)


def _values(row: Mapping[str, Any], has_others: bool) -> tuple[Any, ...]:
    # What is as it should be is taken as it is: asking sources/values for each of 14 fields takes as long as the COPY.
    get = row.get
    user_id, name, email, status = get("user_id"), get("name"), get("user_email"), get("status")
    if type(user_id) is not str or not user_id or _NUL in user_id:
        user_id = text_of(user_id)
    if type(name) is not str or not name or _NUL in name:
        name = text_of(name)
    if type(email) is not str or not email or _NUL in email:
        email = text_of(email)
    if type(status) is not str or not status or _NUL in status:
        status = text_of(status)
    joined, left = get("join_time"), get("leave_time")
    join_time: datetime | None
    leave_time: datetime | None
    try:
        join_time, leave_time = _moment(joined), _moment(left)
    except (TypeError, ValueError):
        join_time = leave_time = None  # one of them, maybe
    if not (join_time and leave_time and join_time.tzinfo is UTC is leave_time.tzinfo):
        join_time, leave_time = moment_of(joined), moment_of(left)
    duration = get("duration")
    if type(duration) is not int or not 0 < duration < _LONGEST:
        duration = int_of(duration)
    marks = None
    if (
        join_time is None
        or leave_time is None
        or leave_time <= join_time
        or not duration
        or name != get("name")
    ):
        marks = _marks(row, join_time, leave_time, duration, name) or None
    participant_user_id = get("participant_user_id") or get("id")
    registrant_id, customer_key, bo_mtg_id = get("registrant_id"), get("customer_key"), get("bo_mtg_id")
    internal_user = get("internal_user")
    return (
        user_id,
        text_of(participant_user_id) if participant_user_id or participant_user_id == 0 else None,
        None if registrant_id is None else text_of(registrant_id),
        None if customer_key is None else text_of(customer_key),
        name,
        email,
        join_time,
        leave_time,
        duration,
        status,
        bool_of(get("failover")),
        None if internal_user is None else bool_of(internal_user),
        None if bo_mtg_id is None else text_of(bo_mtg_id),
        json_of({k: v for k, v in row.items() if k not in _KNOWN}) if has_others else None,
        marks,
    )


def _marks(
    row: Mapping[str, Any], join_time: Any, leave_time: Any, duration: int | None, name: str | None
) -> list[str]:
    """What is odd about a row; the words are explained at zoom_participant_sessions.marks."""
    marks = []
    if join_time is None:
        marks.append("join_unreadable" if row.get("join_time") else "join_missing")
    if leave_time is None:
        marks.append("leave_unreadable" if row.get("leave_time") else "leave_missing")
    if join_time is not None and leave_time is not None:
        if leave_time < join_time:
            marks.append("leave_before_join")
        elif leave_time == join_time:
            marks.append("zero_length")
    if duration is None and row.get("duration") is not None:
        marks.append("duration_unreadable")
    if name is not None and name != row.get("name"):
        marks.append("text_mended")
    return marks
