"""What exists in the sandbox: one Calendly organization with its hosts, event types, events and invitees.

Times are Unix microseconds. A key is the last segment of a URI.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.calendly.subscriptions import Delivery, Subscription

HOME = "https://api.calendly.com"
"""URIs name the real host whatever the port is: they are keys, and a key must outlive a restart."""

Role = Literal["owner", "admin", "user", "left"]
Access = Literal["listed", "gone", "forbidden"]
By = Literal["host", "invitee"]


@dataclass(slots=True)
class User:
    """A host. One who `left` keeps their events and is no member any more."""

    key: str
    name: str
    email: str
    role: Role
    membership_key: str
    created: int
    timezone: str = "Europe/Berlin"

    @property
    def uri(self) -> str:
        """The user's URI."""
        return f"{HOME}/users/{self.key}"


@dataclass(slots=True)
class EventType:
    """What can be booked. `owner` None is a team's; a deleted one is not listed and can still be read."""

    key: str
    name: str
    kind: Literal["solo", "group"]
    minutes: int
    location: str
    created: int
    owner: User | None = None
    pooling: str | None = None
    limit: int = 1
    active: bool = True
    deleted: int | None = None
    questions: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The event type's URI."""
        return f"{HOME}/event_types/{self.key}"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who took it back, why, and when. `canceled_by` is a name as shown, not a URI."""

    canceled_by: str
    reason: str | None
    by: By
    at: int


@dataclass(slots=True, eq=False)
class Invitee:
    """One person in one event. `old` and `new` are the invitees that a reschedule ties this one to."""

    key: str
    event: Event
    email: str
    name: str
    created: int
    updated: int
    first_name: str | None = None
    last_name: str | None = None
    timezone: str | None = "Europe/Madrid"
    answers: list[dict[str, Any]] = field(default_factory=list)
    tracking: dict[str, str | None] = field(default_factory=dict)
    cancellation: Cancellation | None = None
    old: Invitee | None = None
    new: Invitee | None = None
    no_show: tuple[str, int] | None = None
    payment: dict[str, Any] | None = None
    reconfirmation: dict[str, Any] | None = None
    phone: str | None = None
    scheduled_by: User | None = None

    @property
    def uri(self) -> str:
        """The invitee's URI, which contains the event's."""
        return f"{self.event.uri}/invitees/{self.key}"

    @property
    def active(self) -> bool:
        """Whether this person still comes."""
        return self.cancellation is None


@dataclass(slots=True, eq=False)
class Event:
    """One scheduled event. `access` says whether the token may see it, and whether it is still there."""

    key: str
    name: str
    start: int
    end: int
    event_type: EventType | None
    hosts: list[User]
    created: int
    updated: int
    limit: int = 1
    location: dict[str, Any] | None = None
    cancellation: Cancellation | None = None
    guests: list[str] = field(default_factory=list)
    notes: str | None = None
    calendar_id: str | None = None
    invitees: list[Invitee] = field(default_factory=list)
    access: Access = "listed"

    @property
    def uri(self) -> str:
        """The event's URI."""
        return f"{HOME}/scheduled_events/{self.key}"


@dataclass(slots=True)
class World:
    """The whole organization. `now` is in Unix seconds; `by_start` orders the events as they are listed."""

    now: float
    rng: random.Random
    organization_key: str
    users: list[User] = field(default_factory=list)
    event_types: dict[str, EventType] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    invitees: dict[str, Invitee] = field(default_factory=dict)
    no_shows: dict[str, Invitee] = field(default_factory=dict)
    by_start: list[tuple[int, str]] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def organization(self) -> str:
        """The organization's URI."""
        return f"{HOME}/organizations/{self.organization_key}"

    def add(self, event: Event) -> None:
        """Take in an event that is new."""
        self.events[event.key] = event
        insort(self.by_start, (event.start, event.key))

    def admit(self, invitee: Invitee) -> None:
        """Take in an invitee that is new, into its event."""
        self.invitees[invitee.key] = invitee
        invitee.event.invitees.append(invitee)

    def between(self, first: int, last: int) -> Iterator[Event]:
        """The events that start at `first` or later and before `last`, by their start."""
        low = bisect_left(self.by_start, (first, ""))
        high = bisect_left(self.by_start, (last, ""))
        for _, key in self.by_start[low:high]:
            yield self.events[key]

    def user(self, uri: str) -> User | None:
        """The user with this URI, a member or not."""
        return next((user for user in self.users if user.uri == uri), None)
