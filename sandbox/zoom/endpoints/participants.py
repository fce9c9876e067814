"""Who was there, from the two calls that tell (Zoom API reference, sections 1.5 and 1.7)."""

from __future__ import annotations

from functools import partial

import orjson

from sandbox.wire import Bytes, Reply
from sandbox.zoom.call import Call, Endpoint
from sandbox.zoom.ids import instance_by_key
from sandbox.zoom.paging import Listing, Mark, mark_of, paged
from sandbox.zoom.rows import Row
from sandbox.zoom.world import Instance

EARLY_SHARE = 0.6
"""How much of a late report is there on its first reads."""

_CHEAP_FIELDS = (
    *("id", "user_id", "name", "user_email", "join_time", "leave_time", "duration", "failover", "status"),
)


def cheap_row(row: Row) -> Row:
    """A report row as the past_webinars call gives it: without the registrant and the lasting user id."""
    return {name: row[name] for name in _CHEAP_FIELDS if name in row} | {"internal_user": bool(row["id"])}


def _rewritten(rows: list[Row], *, cheap: bool, registrants: bool, uncounted: bool) -> bytes:
    if uncounted:
        rows = [{**row, "duration": 0} for row in rows]
    if cheap:
        rows = [cheap_row(row) for row in rows]
    elif not registrants:
        rows = [{name: value for name, value in row.items() if name != "registrant_id"} for row in rows]
    return orjson.dumps(rows)[1:-1]


def _cut(
    instance: Instance, start: int, stop: int, *, cheap: bool, registrants: bool, uncounted: bool
) -> Bytes:
    if registrants and not cheap and not uncounted:
        return instance.rows.cut(start, stop)
    rows = instance.rows.read(start, stop)
    return _rewritten(rows, cheap=cheap, registrants=registrants, uncounted=uncounted)


def _participants(call: Call, raw: str, *, cheap: bool) -> Reply:
    instance = instance_by_key(call.world, raw)
    if isinstance(instance, Reply):
        return instance
    mark = mark_of(call)
    if isinstance(mark, Reply):
        return mark
    if not call.params.get("next_page_token"):
        mark = Mark(early=instance.is_late)
        instance.reads += 1
    length = len(instance.rows)
    if mark.early and instance.late == "fewer_rows":
        length = int(length * EARLY_SHARE)
    cut = partial(
        _cut,
        instance,
        cheap=cheap,
        registrants=call.params.get("include_fields") == "registrant_id",
        uncounted=mark.early and instance.late == "zero_duration",
    )
    total = len(instance.rows) + instance.missing_rows
    return paged(
        call,
        mark,
        Listing("participants", length, total, cut, instance.repeats_row, instance.empty_page),
    )


def report_participants(call: Call, raw: str) -> Reply:
    """GET /report/webinars/{id}/participants: the main source."""
    return _participants(call, raw, cheap=False)


def past_participants(call: Call, raw: str) -> Reply:
    """GET /past_webinars/{id}/participants: cheaper, and knows less."""
    return _participants(call, raw, cheap=True)


ENDPOINTS = (
    Endpoint(
        "/v2/report/webinars/{}/participants",
        "Heavy",
        "report:read:list_webinar_participants:admin",
        "report:read:admin",
        report_participants,
    ),
    Endpoint(
        "/v2/past_webinars/{}/participants",
        "Medium",
        "webinar:read:list_past_participants:admin",
        "webinar:read:admin",
        past_participants,
    ),
)
