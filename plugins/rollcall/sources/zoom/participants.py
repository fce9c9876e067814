"""One row of an attendance list as the values that are staged (Zoom API reference, participant reports)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def staged_values(rows: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Values of each row, in the order of the staging table: user_id, participant_user_id, registrant_id,
    customer_key, name, email, join_time, leave_time, duration (seconds), status, failover, internal_user,
    bo_mtg_id, other fields, marks.

    Whatever a row holds, it gives values: what can't be read is None and marked. Entries that are no objects are
    left out.
    """
    for row in rows:
        if isinstance(row, dict):
            yield _values(row)


def _values(row: Mapping[str, Any]) -> tuple[Any, ...]:
    get = row.get
    joined, left = get("join_time"), get("leave_time")
    join_time, leave_time = moment_of(joined), moment_of(left)
    duration = int_of(get("duration"))
    name = text_of(get("name"))
    marks = None
    if (
        join_time is None
        or leave_time is None
        or leave_time <= join_time
        or not duration
        or get("name") != name
    ):
        marks = _marks(row, join_time, leave_time, duration, name) or None
    return (
        text_of(get("user_id")),
        text_of(get("participant_user_id") or get("id")),
        text_of(get("registrant_id")),
        text_of(get("customer_key")),
        name,
        text_of(get("user_email")),
        join_time,
        leave_time,
        duration,
        text_of(get("status")),
        bool_of(get("failover")),
        bool_of(get("internal_user")),
        text_of(get("bo_mtg_id")),
        None if row.keys() <= _KNOWN else json_of({k: v for k, v in row.items() if k not in _KNOWN}),
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
