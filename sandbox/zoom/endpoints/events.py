"""What took place in the account (Zoom API reference, sections 1.6, 1.8 and 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.wire import Reply
from sandbox.zoom.call import Call, Endpoint
from sandbox.zoom.endpoints.users import host_by_key
from sandbox.zoom.ids import instance_by_key
from sandbox.zoom.paging import listed
from sandbox.zoom.refusals import answer, refusal
from sandbox.zoom.stamps import day_of, iso, months_later
from sandbox.zoom.world import Instance, Meeting, World

CLASSIC = "report:read:admin"
LOOK_BACK_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Window:
    """Whole UTC days, both included."""

    first: date
    last: date

    def holds(self, moment: float) -> bool:
        """Whether a time falls on one of the days."""
        return self.first <= day_of(moment) <= self.last


def _window(call: Call) -> Window | Reply:
    try:
        first, last = (date.fromisoformat(call.params.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return refusal(400, 300, "The from and to dates are required, as yyyy-mm-dd.")
    if last < first:
        return refusal(400, 300, "The from date must not be after the to date.")
    if last > months_later(first, 1):
        return refusal(400, 300, "The range of from and to must be within one month.")
    if first < months_later(day_of(call.now), -LOOK_BACK_MONTHS):
        return refusal(400, 300, "Only the last six months can be queried.")
    return Window(first, last)


Event = Instance | Meeting


def _past(call: Call) -> list[Event]:
    events: list[Event] = [*call.world.instances.values(), *call.world.meetings]
    return [event for event in events if event.end <= call.now]


def _describe(world: World, event: Event) -> dict[str, Any]:
    """What the three calls say of an event, in neutral names."""
    if isinstance(event, Meeting):
        return {
            "kind": 2,
            "id": event.id,
            "topic": event.topic,
            "host": event.host,
            "people": event.participants,
            "rows": event.participants,
            "total": event.participants * _minutes(event),
            "viewers": 0,
            "peak": 0,
        }
    webinar, figures = world.webinars[event.webinar_id], event.figures
    return {
        "kind": webinar.kind,
        "id": webinar.id,
        "topic": webinar.topic,
        "host": webinar.host,
        "people": figures.people,
        "rows": figures.participants,
        "total": figures.total_seconds // 60,
        "viewers": figures.unique_viewers,
        "peak": figures.max_concurrent_views,
    }


def _minutes(event: Event) -> int:
    return -(-(event.end - event.start) // 60)


def _report_row(world: World, event: Event) -> dict[str, Any]:
    told = _describe(world, event)
    return {
        "uuid": event.uuid,
        "id": told["id"],
        "type": told["kind"],
        "topic": told["topic"],
        "user_name": told["host"].name,
        "user_email": told["host"].email,
        "start_time": iso(event.start),
        "end_time": iso(event.end),
        "duration": _minutes(event),
        "participants_count": told["people"],
        "total_minutes": told["total"],
    }


def report_detail(call: Call, raw: str) -> Reply:
    """GET /report/webinars/{id}. While a report is late its duration is 0: "too early"."""
    instance = instance_by_key(call.world, raw)
    if isinstance(instance, Reply):
        return instance
    body = {**_report_row(call.world, instance), "dept": "", "tracking_fields": [], "custom_keys": []}
    if instance.late == "zero_duration" and instance.is_late:
        body |= {"duration": 0, "participants_count": 0, "total_minutes": 0}
    return answer(body)


def user_meetings(call: Call, raw: str) -> Reply:
    """GET /report/users/{id}/meetings: meetings and webinars of a host that at least two people attended."""
    host = host_by_key(call, raw)
    if isinstance(host, Reply):
        return host
    window = _window(call)
    if isinstance(window, Reply):
        return window
    events = []
    for event in _past(call):
        told = _describe(call.world, event)
        if told["host"] is host and told["people"] >= 2 and window.holds(event.start):
            events.append(event)
    head = {"from": window.first.isoformat(), "to": window.last.isoformat()}
    return listed(call, "meetings", events, lambda event: _report_row(call.world, event), head)


def _history_row(world: World, event: Event) -> dict[str, Any]:
    told = _describe(world, event)
    return {
        "meeting_uuid": event.uuid,
        "meeting_id": told["id"],
        "type": "Meeting" if isinstance(event, Meeting) else "Webinar",
        "topic": told["topic"],
        "host_display_name": told["host"].name,
        "host_email": told["host"].email,
        "create_time": iso(event.start - 3600),
        "start_time": iso(event.start),
        "end_time": iso(event.end),
        "duration": _minutes(event),
        "participants": told["rows"],
        "total_participant_minutes": told["total"],
        "unique_viewers": told["viewers"],
        "max_concurrent_views": told["peak"],
        "department": "",
        "group": [],
        "source": "Zoom",
        "tracking_fields": [],
        "feature_used": {"screen_sharing": True, "video_on": True},
    }


def history(call: Call, raw: str) -> Reply:  # noqa: ARG001 - no id in this path
    """GET /report/history_meetings: every past event of the account, with the numbers of the portal."""
    window = _window(call)
    if isinstance(window, Reply):
        return window
    date_type = call.params.get("date_type", "start_time")
    kind = call.params.get("meeting_type", "all")
    if date_type not in {"start_time", "end_time"} or kind not in {"meeting", "webinar", "all"}:
        return refusal(400, 300, "Invalid date_type or meeting_type.")
    events = [
        event
        for event in _past(call)
        if window.holds(event.end if date_type == "end_time" else event.start)
        and kind in {"all", "meeting" if isinstance(event, Meeting) else "webinar"}
    ]
    return listed(call, "history_meetings", events, lambda event: _history_row(call.world, event))


ENDPOINTS = (
    Endpoint("/v2/report/webinars/{}", "Heavy", "report:read:webinar:admin", CLASSIC, report_detail),
    Endpoint("/v2/report/users/{}/meetings", "Heavy", "report:read:user:admin", CLASSIC, user_meetings),
    Endpoint(
        "/v2/report/history_meetings", "Heavy", "report:read:list_history_meetings:admin", CLASSIC, history
    ),
)
