"""What happens to bookings: the rules by which Calendly moves statuses, counters, links and `updated_at`.

The generator plays them in the past, tests in the present. `at` is the moment in Unix microseconds.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.calendly.stamps import MINUTE
from sandbox.calendly.world import By, Cancellation, Event, EventType, Invitee, User, World

CONFERENCES = frozenset({"zoom_conference", "google_conference", "microsoft_teams_conference"})
_OLD_FORM = "ABCDEFGHJKLMNPQRSTUVWXYZ234567"


class EditError(ValueError):
    """The edit names something that is not there, or what Calendly refuses."""


def new_key(rng: random.Random, *, old_form: bool = False) -> str:
    """The last segment of a new URI: a UUID, or 16 capitals and digits as old accounts have."""
    if old_form:
        return "".join(rng.choices(_OLD_FORM, k=16))
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


@dataclass(frozen=True, slots=True)
class Person:
    """What someone types when booking."""

    email: str
    name: str
    first_name: str | None = None
    last_name: str | None = None
    timezone: str | None = "Europe/Madrid"
    phone: str | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    tracking: dict[str, str | None] = field(default_factory=dict)


def _location(kind: str, key: str) -> dict[str, Any] | None:
    if kind in CONFERENCES:
        return {"type": kind, "status": "processing", "join_url": None}
    if kind == "none":
        return None
    where = {"physical": "12 Harbour Street", "outbound_call": "+49 30 5550100"}.get(kind)
    return {"type": kind, "location": where, "additional_info": key[:4]}


def open_event(
    world: World, event_type: EventType, start: int, hosts: list[User], at: int, *, old_form: bool = False
) -> Event:
    """A new event without invitees; its conference link is not there yet."""
    key = new_key(world.rng, old_form=old_form)
    event = Event(
        key=key,
        name=event_type.name,
        start=start,
        end=start + event_type.minutes * MINUTE,
        event_type=event_type,
        hosts=hosts,
        created=at,
        updated=at,
        limit=event_type.limit,
        location=_location(event_type.location, key),
    )
    world.add(event)
    return event


def invite(world: World, event: Event, person: Person, at: int) -> Invitee:
    """Let a person book this event. Raises EditError for one that is canceled or full."""
    taken = sum(invitee.active for invitee in event.invitees)
    if event.cancellation or taken >= event.limit:
        raise EditError("event: canceled or full")
    invitee = Invitee(
        key=new_key(world.rng, old_form=len(event.key) == 16),
        event=event,
        email=person.email,
        name=person.name,
        created=at + 1,
        updated=at + 2,
        first_name=person.first_name,
        last_name=person.last_name,
        timezone=person.timezone,
        answers=list(person.answers),
        tracking=dict(person.tracking),
        phone=person.phone,
    )
    world.admit(invitee)
    event.updated = max(event.updated, at + 3)
    return invitee


def push_location(event: Event, at: int) -> None:
    """Let the conference have its link. Raises EditError where there is no conference."""
    if event.location is None or event.location["type"] not in CONFERENCES:
        raise EditError("event: it has no conference")
    link = f"https://conference.test/j/{event.key[:8]}"
    event.location = {**event.location, "status": "pushed", "join_url": link, "data": {"id": event.key[:8]}}
    event.updated = at


def cancel_invitee(invitee: Invitee, by: By, reason: str | None, at: int) -> list[Invitee]:
    """Take one booking back. A one-to-one event goes with it; a group event stays for the others.

    Returns whose bookings were canceled. Raises EditError for one that is: canceled is for ever.
    """
    event = invitee.event
    if not invitee.active:
        raise EditError("invitee: canceled before")
    if event.limit == 1 or by == "host":
        return cancel_event(event, by, reason, at)
    invitee.cancellation = Cancellation(invitee.name, reason, by, at)
    invitee.updated = event.updated = at
    return [invitee]


def cancel_event(event: Event, by: By, reason: str | None, at: int) -> list[Invitee]:
    """Take the whole event back, with everyone who was still in it; returns them. Raises EditError."""
    if event.cancellation:
        raise EditError("event: canceled before")
    left = [invitee for invitee in event.invitees if invitee.active]
    name = event.hosts[0].name if by == "host" or not left else left[0].name
    event.cancellation = Cancellation(name, reason, by, at)
    event.updated = at
    for invitee in left:
        invitee.cancellation = event.cancellation
        invitee.updated = at
    return left


def reschedule(world: World, invitee: Invitee, to: int | Event, at: int) -> Invitee:
    """Move a booking to another time, or into another group event: a new invitee under another event.

    Returns the new one. Raises EditError for a booking that was canceled or a target that can't be booked.
    """
    old = invitee.event
    if not invitee.active or old.event_type is None:
        raise EditError("invitee: canceled before, or nothing to book again")
    hosts, old_form = old.hosts, len(old.key) == 16
    event = (
        to if isinstance(to, Event) else open_event(world, old.event_type, to, hosts, at, old_form=old_form)
    )
    new = invite(
        world,
        event,
        Person(invitee.email, invitee.name, invitee.first_name, invitee.last_name, invitee.timezone),
        at,
    )
    new.answers, new.tracking, new.phone = list(invitee.answers), dict(invitee.tracking), invitee.phone
    cancel_invitee(invitee, "invitee", None, at + 4)
    invitee.new, new.old = new, invitee
    return new


def mark_no_show(world: World, invitee: Invitee, at: int, *, moves_event: bool = False) -> None:
    """Note that someone did not come. Whether the event's `updated_at` moves is not documented.

    Raises EditError for an invitee who has the mark.
    """
    if invitee.no_show is not None:
        raise EditError("invitee: marked before")
    key = new_key(world.rng)
    world.no_shows[key] = invitee
    invitee.no_show = (key, at)
    touch(invitee, at, moves_event=moves_event)


def unmark_no_show(world: World, invitee: Invitee, at: int, *, moves_event: bool = False) -> None:
    """Take the mark away. Raises EditError for an invitee who has none."""
    if invitee.no_show is None:
        raise EditError("invitee: not marked")
    del world.no_shows[invitee.no_show[0]]
    invitee.no_show = None
    touch(invitee, at, moves_event=moves_event)


def edit_answers(invitee: Invitee, answers: list[str], at: int, *, moves_event: bool = False) -> None:
    """Give other answers to the same questions; more answers than questions make new ones."""
    asked = [answer["question"] for answer in invitee.answers]
    questions = [*asked, *(f"Question {number}" for number in range(len(asked), len(answers)))]
    invitee.answers = [
        {"question": question, "answer": answer, "position": position}
        for position, (question, answer) in enumerate(zip(questions, answers, strict=False))
    ]
    touch(invitee, at, moves_event=moves_event)


def touch(invitee: Invitee, at: int, *, moves_event: bool) -> None:
    """Move the invitee's `updated_at`, and the event's where that is wanted."""
    invitee.updated = at
    if moves_event:
        invitee.event.updated = at
