"""Fills an organization with years of bookings, the same for the same seed and the same now."""

from __future__ import annotations

import random

from sandbox.calendly import actions
from sandbox.calendly.actions import CONFERENCES, EditError
from sandbox.calendly.cast import event_types, hosts_for, person, staff
from sandbox.calendly.stamps import DAY, HOUR, MINUTE, iso
from sandbox.calendly.world import Event, EventType, Invitee, World

_REASONS = ("Something came up", None, "Found another time", "")


def empty_world(now: float, seed: int, members: int) -> World:
    """An organization with `members` hosts and event types, where nobody has booked yet."""
    rng = random.Random(f"{seed} calendly")
    world = World(now=now, rng=rng, organization_key=actions.new_key(rng))
    moment = int(now) * 1_000_000
    staff(world, members, moment)
    event_types(world, moment)
    return world


class Years:
    """Books into a world; `turn` numbers what was booked, so that kinds come round in turn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng
        self.now = int(world.now) * 1_000_000
        self.turn = 0
        self._people = 0
        self._types = {event_type.name: event_type for event_type in world.event_types.values()}

    def slot(self, days: float) -> int:
        """A half hour of office time, `days` from now."""
        day = (self.now + int(days * DAY)) // DAY * DAY
        return day + 8 * HOUR + self.rng.randrange(20) * 30 * MINUTE

    def _booked_at(self, start: int) -> int:
        ahead = self.rng.randrange(2, 20) * DAY + self.rng.randrange(DAY)
        return min(start - ahead, self.now - self.rng.randrange(HOUR, 3 * DAY))

    def _past(self, first: int, last: int) -> int:
        """A moment after `first`, before `last` and before now."""
        stop = max(min(last, self.now - MINUTE), first + MINUTE)
        return self.rng.randrange(first, stop)

    def _guest(self, event: Event, at: int) -> Invitee:
        self._people += 1
        # One booking in four is by someone who has booked before.
        number = self.rng.randrange(self._people) if self._people % 4 == 0 else self._people
        questions = event.event_type.questions if event.event_type else ()
        return actions.invite(self.world, event, person(self.rng, number, questions), at)

    def _open(self, event_type: EventType, start: int, *, old_form: bool) -> Event:
        at = self._booked_at(start)
        self.turn += 1
        hosts = hosts_for(self.world, event_type, self.turn)
        event = actions.open_event(self.world, event_type, start, hosts, at, old_form=old_form)
        if self.turn % 2 == 0:
            event.calendar_id = f"calendar-{event.key[:12]}"
        if self.turn % 9 == 0:
            event.guests = [f"guest.{self.turn}@outside.test"]
        if event_type.location in CONFERENCES:
            actions.push_location(event, at)
        return event

    def solo(self, start: int, name: str = "", *, old_form: bool = False) -> Invitee:
        """One person books one event; of a kind in turn unless `name` says which."""
        solo = [t for t in self._types.values() if t.kind == "solo"]
        event_type = self._types[name] if name else solo[self.turn % len(solo)]
        event = self._open(event_type, start, old_form=old_form)
        return self._guest(event, event.created)

    def group(self, start: int, size: int) -> Event:
        """`size` people book one event."""
        event = self._open(self._types["Group onboarding"], start, old_form=False)
        for _ in range(size):
            self._guest(event, self._past(event.created, start))
        return event

    def cancel(self, invitee: Invitee) -> None:
        """The invitee, or at times the host, takes it back before it begins."""
        event = invitee.event
        at = self._past(invitee.updated, event.start)
        by_host = self.rng.random() < 0.3 and event.limit == 1
        reason = self.rng.choice(_REASONS)
        actions.cancel_invitee(invitee, "host" if by_host else "invitee", reason, at)

    def cancel_all(self, event: Event) -> None:
        """The host takes a group event back."""
        at = self._past(event.updated, event.start)
        actions.cancel_event(event, "host", "Host is ill", max(at, event.updated))

    def move(self, invitee: Invitee, days: float) -> Invitee:
        """The invitee takes another time, `days` after the old one."""
        start = invitee.event.start + int(days * DAY)
        new = actions.reschedule(self.world, invitee, start, self._past(invitee.updated, invitee.event.start))
        event = new.event
        if event.location is not None and event.location["type"] in CONFERENCES:
            actions.push_location(event, event.updated + MINUTE)
        return new

    def after(self, invitee: Invitee) -> None:
        """What hosts do after a meeting: mark who did not come, write notes, take a payment."""
        event = invitee.event
        ended = event.end + HOUR
        if ended > self.now or not invitee.active:
            return
        if self.turn % 12 == 5:
            actions.mark_no_show(self.world, invitee, ended)
        if self.turn % 15 == 4:
            event.notes, event.updated = "They want an offer.", ended
        if self.turn % 20 == 7:
            invitee.payment = {
                "external_id": f"pi_{invitee.key[:8]}",
                "provider": "stripe",
                "amount": 49.9,
                "currency": "EUR",
                "terms": None,
                "successful": True,
            }
        if self.turn % 25 == 8:
            confirmed = iso(event.start - HOUR)
            invitee.reconfirmation = {"created_at": iso(event.start - DAY), "confirmed_at": confirmed}

    def oddities(self) -> None:
        """What a client must survive once: no event type, no invitee, a host who left, nothing to listen to."""
        self.solo(self.slot(-20)).event.event_type = None
        self._open(self._types["Intro call"], self.slot(-18), old_form=False)
        self.solo(self.slot(-30), "Retired demo", old_form=True)
        left = next((user for user in self.world.users if user.role == "left"), None)
        if left is not None:
            self.solo(self.slot(-25)).event.hosts = [left]
        by_host = self.solo(self.slot(-3), "Intro call")
        by_host.scheduled_by = self.world.users[0]

    def group_move(self, first: Event, second: Event) -> Invitee:
        """Someone leaves one group event for another; the old event goes on without them.

        Raises EditError where nobody is left to move.
        """
        invitee = next((one for one in first.invitees if one.active), None)
        if invitee is None:
            raise EditError("event: nobody is left in it")
        at = max(self._past(invitee.updated, first.start), second.created)
        return actions.reschedule(self.world, invitee, second, at)
