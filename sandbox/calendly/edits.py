"""What tests let happen to a running organization, each with the webhook messages that Calendly would make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.calendly import actions
from sandbox.calendly.actions import EditError
from sandbox.calendly.cast import hosts_for, person
from sandbox.calendly.deliveries import announce, mark_of
from sandbox.calendly.stamps import DAY, HOUR, MINUTE, moment_of
from sandbox.calendly.world import Access, Event, EventType, Invitee, User, World

Order = dict[str, Any]
_FIRST_STRANGER = 500_000


def _key(uri: Any) -> str:
    return str(uri).rpartition("/")[2]


def _event(world: World, order: Order) -> Event:
    found = world.events.get(_key(order.get("event")))
    if found is None:
        raise EditError("event: no such event")
    return found


def _invitee(world: World, order: Order) -> Invitee:
    if "invitee" not in order and "event" in order:
        active = [each for each in _event(world, order).invitees if each.active]
        if len(active) == 1:
            return active[0]
    found = world.invitees.get(_key(order.get("invitee")))
    if found is None:
        raise EditError("invitee: no such invitee")
    return found


def _host(world: World, uri: Any) -> User:
    found = world.user(str(uri))
    if found is None:
        raise EditError("host: no such user")
    return found


def _event_type(world: World, wanted: str) -> EventType:
    for event_type in world.event_types.values():
        if wanted in {event_type.name, event_type.uri}:
            return event_type
    raise EditError("event_type: none of this name or URI")


def _start(order: Order, default: int) -> int:
    return moment_of(order["start"]) if "start" in order else default


def _told(invitees: Iterable[Invitee]) -> dict[str, Any]:
    rows = list(invitees)
    uris = [invitee.uri for invitee in rows]
    events = list(dict.fromkeys(invitee.event.uri for invitee in rows))
    return {"invitee": uris[0], "event": events[0], "invitees": uris, "events": events}


def book(world: World, order: Order, now: int) -> dict[str, Any]:
    """`count` people book: `event_type` (a name or URI) at `start` and each half hour after, or all the group
    event `event`. `email`, `name` and `host` say who; a conference has its link only after push_location.
    """
    made = []
    for number in range(int(order.get("count", 1))):
        at = now + 10 * number
        someone = person(world.rng, _FIRST_STRANGER + len(world.invitees), ())
        who = actions.Person(order.get("email", someone.email), order.get("name", someone.name))
        if "event" in order:
            event = _event(world, order)
        else:
            event_type = _event_type(world, order.get("event_type", "Intro call"))
            start = _start(order, now // DAY * DAY + 2 * DAY + 9 * HOUR) + number * 30 * MINUTE
            hosts = [_host(world, order["host"])] if "host" in order else hosts_for(world, event_type, number)
            event = actions.open_event(world, event_type, start, hosts, at)
        invitee = actions.invite(world, event, who, at)
        announce(world, "invitee.created", invitee, at)
        made.append(invitee)
    return _told(made)


def cancel(world: World, order: Order, now: int) -> dict[str, Any]:
    """`by` the "invitee" or the "host", with a `reason`: one `invitee`, or a whole `event`."""
    by, reason = order.get("by", "invitee"), order.get("reason")
    if "invitee" in order:
        gone = actions.cancel_invitee(_invitee(world, order), by, reason, now)
    else:
        gone = actions.cancel_event(_event(world, order), by, reason, now)
    for invitee in gone:
        announce(world, "invitee.canceled", invitee, now)
    return {"invitees": [invitee.uri for invitee in gone]}


def reschedule(world: World, order: Order, now: int) -> dict[str, Any]:
    """`invitee` takes another `start` (a day later unless said), or another group event: `to_event`."""
    old = _invitee(world, order)
    to = _event(world, {"event": order["to_event"]}) if "to_event" in order else None
    new = actions.reschedule(world, old, to or _start(order, old.event.start + DAY), now)
    announce(world, "invitee.created", new, now)
    announce(world, "invitee.canceled", old, now)
    return {**_told([new]), "old_invitee": old.uri, "old_event": old.event.uri}


def _access(state: Access) -> Callable[[World, Order, int], dict[str, Any]]:
    def edit(world: World, order: Order, now: int) -> dict[str, Any]:  # noqa: ARG001 - edits are called alike
        event = _event(world, order)
        event.access = state
        return {"event": event.uri, "access": state}

    return edit


def mark_no_show(world: World, order: Order, now: int) -> dict[str, Any]:
    """Note that `invitee` did not come. `moves_event` moves the event's `updated_at` too (not known)."""
    invitee = _invitee(world, order)
    actions.mark_no_show(world, invitee, now, moves_event=bool(order.get("moves_event")))
    announce(world, "invitee_no_show.created", invitee, now)
    return _told([invitee])


def unmark_no_show(world: World, order: Order, now: int) -> dict[str, Any]:
    """Take the mark away; the message still carries it."""
    invitee = _invitee(world, order)
    mark = mark_of(invitee) if invitee.no_show else None
    actions.unmark_no_show(world, invitee, now, moves_event=bool(order.get("moves_event")))
    announce(world, "invitee_no_show.deleted", invitee, now, no_show=mark)
    return _told([invitee])


def edit_answers(world: World, order: Order, now: int) -> dict[str, Any]:
    """Give other `answers`, a list of texts. No message is made of this."""
    invitee = _invitee(world, order)
    moves = bool(order.get("moves_event"))
    actions.edit_answers(invitee, list(order.get("answers", ["Something else"])), now, moves_event=moves)
    return _told([invitee])


def push_location(world: World, order: Order, now: int) -> dict[str, Any]:
    """Let the conference of `event` have its link."""
    event = _event(world, order)
    actions.push_location(event, now)
    return {"event": event.uri}


def edit_event(world: World, order: Order, now: int) -> dict[str, Any]:
    """Change `name`, `notes` or the `host` of `event`. No message is made of this."""
    event = _event(world, order)
    event.name, event.notes = order.get("name", event.name), order.get("notes", event.notes)
    if "host" in order:
        event.hosts = [_host(world, order["host"])]
    event.updated = now
    return {"event": event.uri}


def set_role(world: World, order: Order, now: int) -> dict[str, Any]:  # noqa: ARG001 - edits are called alike
    """Make `user` (else the token's owner) "owner", "admin", "user" or "left"."""
    user = _host(world, order["user"]) if "user" in order else world.users[0]
    if order.get("role") not in {"owner", "admin", "user", "left"}:
        raise EditError("role: owner, admin, user or left")
    user.role = order["role"]
    return {"user": user.uri}


def disable_subscription(world: World, order: Order, now: int) -> dict[str, Any]:
    """Let `subscription` (else all of them) be disabled at once, as a day of failures would."""
    wanted = _key(order.get("subscription", ""))
    found = [each for each in world.subscriptions.values() if wanted in {"", each.key}]
    for subscription in found:
        subscription.retry_started = now - DAY
        subscription.disable(now)
    return {"disabled": len(found)}


EDITS: dict[str, Callable[[World, Order, int], dict[str, Any]]] = {
    "book": book,
    "cancel": cancel,
    "reschedule": reschedule,
    "delete": _access("gone"),
    "lose_access": _access("forbidden"),
    "regain_access": _access("listed"),
    "mark_no_show": mark_no_show,
    "unmark_no_show": unmark_no_show,
    "edit_answers": edit_answers,
    "push_location": push_location,
    "edit_event": edit_event,
    "set_role": set_role,
    "disable_subscription": disable_subscription,
}
