"""Scheduled events, their invitees and no-shows (Calendly API reference, sections 1.1 to 1.3)."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.calendly.call import Call, Endpoint
from sandbox.calendly.endpoints.organization import require_organization
from sandbox.calendly.objects import event_object, invitee_object, no_show_object
from sandbox.calendly.paging import listed
from sandbox.calendly.refusals import denied, invalid, not_found, resource
from sandbox.calendly.stamps import moment_of
from sandbox.calendly.world import Event
from sandbox.wire import Reply

_EARLIEST, _LATEST = 0, 1 << 62


def _whose(call: Call) -> str | None:
    """The user whose events are wanted, None for the whole organization."""
    user, organization = call.params.get("user"), call.params.get("organization")
    if organization is None:
        if "group" in call.params:
            raise denied("Please also specify organization")
        if user is None:
            raise invalid("user", "at least one of user, organization, group must be given")
        if user != call.user.uri:
            raise denied("Please also specify organization to see the events of this user")
        return user
    require_organization(call)
    if not call.is_admin and user != call.user.uri:
        raise denied()
    if "group" in call.params:
        raise denied("You do not have permission to access this group")
    return user


def _bound(call: Call, name: str, default: int) -> int:
    text = call.params.get(name)
    if text is None:
        return default
    try:
        return moment_of(text)
    except ValueError:
        raise invalid(name, "is not a valid ISO 8601 time") from None


def _in_window(call: Call) -> Iterator[Event]:
    first, last = _bound(call, "min_start_time", _EARLIEST), _bound(call, "max_start_time", _LATEST)
    edge = 1 if call.pages.exclusive else 0
    return call.world.between(first + edge, last + 1 - edge)


def _choice(call: Call, name: str, allowed: set[str], default: str = "") -> str:
    chosen = call.params.get(name, default)
    if chosen != default and chosen not in allowed:
        raise invalid(name, f"must be one of {', '.join(sorted(allowed))}")
    return chosen


def events(call: Call) -> Reply:
    """GET /scheduled_events: filtered on the meeting's start only; without `status` both kinds come."""
    whose = _whose(call)
    status = _choice(call, "status", {"active", "canceled"})
    order = _choice(call, "sort", {"start_time:asc", "start_time:desc"}, "start_time:asc")
    email = call.params.get("invitee_email", "").lower()

    def wanted(event: Event) -> bool:
        return (
            event.access == "listed"
            and (whose is None or any(host.uri == whose for host in event.hosts))
            and (not status or (event.cancellation is not None) == (status == "canceled"))
            and (not email or any(invitee.email.lower() == email for invitee in event.invitees))
        )

    found = [event for event in _in_window(call) if wanted(event)]
    if order == "start_time:desc":
        found.reverse()
    return listed(call, found, event_object)


def _readable(call: Call, key: str) -> Event:
    event = call.world.events.get(key)
    if event is None or event.access == "gone":
        raise not_found()
    if event.access == "forbidden" or not (call.is_admin or call.user in event.hosts):
        raise denied("You are not allowed to view this event")
    return event


def event(call: Call, key: str) -> Reply:
    """GET /scheduled_events/{uuid}: 404 once it is gone, 403 without access."""
    return resource(event_object(_readable(call, key)))


def invitees(call: Call, key: str) -> Reply:
    """GET /scheduled_events/{uuid}/invitees."""
    call.pages.invitee_calls += not call.params.get("page_token")
    found = _readable(call, key)
    status = _choice(call, "status", {"active", "canceled"})
    order = _choice(call, "sort", {"created_at:asc", "created_at:desc"}, "created_at:asc")
    email = call.params.get("email", "").lower()
    rows = [
        invitee
        for invitee in found.invitees
        if (not status or invitee.active == (status == "active"))
        and (not email or invitee.email.lower() == email)
    ]
    rows.sort(key=lambda invitee: (invitee.created, invitee.key), reverse=order.endswith("desc"))
    return listed(call, rows, invitee_object)


def invitee(call: Call, event_key: str, key: str) -> Reply:
    """GET /scheduled_events/{event}/invitees/{invitee}."""
    found = call.world.invitees.get(key)
    if found is None or found.event is not _readable(call, event_key):
        raise not_found()
    return resource(invitee_object(found))


def no_show(call: Call, key: str) -> Reply:
    """GET /invitee_no_shows/{uuid}: there is no list of them."""
    found = call.world.no_shows.get(key)
    if found is None:
        raise not_found()
    _readable(call, found.event.key)
    return resource(no_show_object(found))


ENDPOINTS = (
    Endpoint("GET", "/scheduled_events", "scheduled_events:read", events),
    Endpoint("GET", "/scheduled_events/{}", "scheduled_events:read", event),
    Endpoint("GET", "/scheduled_events/{}/invitees", "scheduled_events:read", invitees),
    Endpoint("GET", "/scheduled_events/{}/invitees/{}", "scheduled_events:read", invitee),
    Endpoint("GET", "/invitee_no_shows/{}", "scheduled_events:read", no_show),
)
