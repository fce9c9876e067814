"""The truth as a document: what a complete sync of this organization must hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.calendly.objects import event_object, invitee_object
from sandbox.calendly.world import Event, Invitee, World

_EVENT_FIELDS = (
    "name",
    "status",
    "start_time",
    "end_time",
    "event_type",
    "location",
    "created_at",
    "updated_at",
)
_INVITEE_FIELDS = (
    "email",
    "name",
    "status",
    "created_at",
    "updated_at",
    "rescheduled",
    "old_invitee",
    "new_invitee",
    "questions_and_answers",
    "tracking",
    "timezone",
)


def _invitee_truth(invitee: Invitee) -> dict[str, Any]:
    shown = invitee_object(invitee)
    cancellation = shown.get("cancellation") or {}
    return {
        **{name: shown[name] for name in _INVITEE_FIELDS},
        "no_show": invitee.no_show is not None,
        "canceler_type": cancellation.get("canceler_type"),
        "cancel_reason": cancellation.get("reason"),
        "paid": invitee.payment is not None,
    }


def _event_truth(event: Event) -> dict[str, Any]:
    shown = event_object(event)
    return {
        **{name: shown[name] for name in _EVENT_FIELDS},
        "access": event.access,
        "counter": shown["invitees_counter"],
        "hosts": [host.email for host in event.hosts],
        "guests": event.guests,
        "canceler_type": event.cancellation.by if event.cancellation else None,
        "cancel_reason": event.cancellation.reason if event.cancellation else None,
        "invitees": {invitee.uri: _invitee_truth(invitee) for invitee in event.invitees},
    }


def moved_away(event: Event) -> bool:
    """Whether all who were in this event took another time: then it is no meeting of its own."""
    return bool(event.invitees) and all(invitee.new for invitee in event.invitees)


def _chain(invitee: Invitee) -> list[Invitee]:
    """The reschedules that this invitee is part of, the first booking first."""
    while invitee.old:
        invitee = invitee.old
    chain = [invitee]
    while chain[-1].new:
        chain.append(chain[-1].new)
    return chain


def _counts(events: list[Event], chains: int) -> dict[str, int]:
    listed = [event for event in events if event.access == "listed"]
    invitees = [invitee for event in listed for invitee in event.invitees]
    canceled = sum(event.cancellation is not None for event in listed)
    active = sum(invitee.active for invitee in invitees)
    return {
        "events": len(listed),
        "active_events": len(listed) - canceled,
        "canceled_events": canceled,
        "meetings": sum(not moved_away(event) for event in listed),
        "gone_events": sum(event.access == "gone" for event in events),
        "forbidden_events": sum(event.access == "forbidden" for event in events),
        "invitees": len(invitees),
        "active_invitees": active,
        "canceled_invitees": len(invitees) - active,
        "rescheduled_invitees": sum(invitee.new is not None for invitee in invitees),
        "bookings": sum(invitee.new is None for invitee in invitees),
        "no_shows": sum(invitee.no_show is not None for invitee in invitees),
        "chains": chains,
    }


def truth_of(world: World, events: Iterable[Event]) -> dict[str, Any]:
    """The truth of these events.

    `counts` speaks of those that are listed now; `events` has all of them, with `access` "gone" or "forbidden"
    for the rest. `chains` are invitee URIs, the first booking first, of every reschedule that touches one of
    the events. `bookings` counts invitees and `meetings` events without those that were moved away.
    """
    chosen = list(events)
    links = {
        tuple(link.uri for link in _chain(invitee))
        for event in chosen
        for invitee in event.invitees
        if invitee.old or invitee.new
    }
    return {
        "organization": world.organization,
        "users": {
            user.uri: {"email": user.email, "name": user.name, "role": user.role} for user in world.users
        },
        "event_types": {
            each.uri: {"name": each.name, "kind": each.kind, "deleted": each.deleted is not None}
            for each in world.event_types.values()
        },
        "counts": _counts(chosen, len(links)),
        "chains": sorted(list(link) for link in links),
        "events": {event.uri: _event_truth(event) for event in chosen},
    }
