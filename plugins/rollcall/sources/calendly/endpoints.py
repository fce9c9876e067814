"""The Calendly endpoints rollcall calls: path, scope, whether they serve one object or a list.

Paths, scopes and parameters are those of the Calendly API reference, v2. A token with `…:write` may also read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from rollcall.errors import DataFault
from rollcall.sources.calendly.uris import ids_in_path, shown

LARGEST_PAGE = 100
"""Rows in a page; Calendly gives 20 to who does not ask, which takes five times the calls."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `path` has a {} for each id; `name` says in messages what was asked for.

    `without` says what is lost when `scope` is not granted.
    """

    name: str
    path: str
    scope: str
    without: str
    is_list: bool = False
    is_wrapped: bool = True
    """The object stands below `resource`."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def path_for(self, item: str) -> str:
        """The path below the API address. `item` is the URI of the object, for a list that of the object it belongs
        to; or the id, where the path has one place.

        Raises DataFault for anything else: it would change the path.
        """
        if "{}" not in self.path:
            return self.path
        place = self.path[: self.path.rindex("{}") + 2]
        ids = ids_in_path(item, place)
        if ids is None:
            raise DataFault(
                f"{self.name}: {shown(item)} is no URI of Calendly's that fits {place}; read the list that it "
                "came from again."
            )
        return self.path.format(*ids)


def time_param(moment: datetime) -> str:
    """An aware moment as Calendly writes it itself: UTC with six decimals and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _list(name: str, path: str, scope: str, without: str) -> Endpoint:
    params = MappingProxyType({"count": str(LARGEST_PAGE)})
    return Endpoint(name, path, scope, without, is_list=True, params=params)


ME = Endpoint("own user", "/users/me", "users:read", "the connection can't be checked")
USER = Endpoint("user", "/users/{}", "users:read", "hosts are known by their URI alone")
MEMBERSHIPS = _list(
    "organization members",
    "/organization_memberships",
    "organizations:read",
    "the role of the connection stays unknown",
)
EVENT_TYPES = _list(
    "event types", "/event_types", "event_types:read", "event types are known by their URI alone"
)
EVENT_TYPE = Endpoint(
    "event type", "/event_types/{}", "event_types:read", "event types are known by their URI alone"
)
EVENTS = _list("scheduled events", "/scheduled_events", "scheduled_events:read", "nothing can be synced")
EVENT = Endpoint(
    "scheduled event", "/scheduled_events/{}", "scheduled_events:read", "missing events can't be confirmed"
)
INVITEES = _list(
    "invitees of scheduled event", "/scheduled_events/{}/invitees", "scheduled_events:read", "no invitees"
)
INVITEE = Endpoint(
    "invitee",
    "/scheduled_events/{}/invitees/{}",
    "scheduled_events:read",
    "reschedules can't be followed beyond the window",
)
NO_SHOW = Endpoint(
    "no-show", "/invitee_no_shows/{}", "scheduled_events:read", "no-shows are known from invitees alone"
)
WEBHOOKS = _list(
    "webhook subscriptions",
    "/webhook_subscriptions",
    "webhooks:write",
    "changes arrive with the next sync only",
)
WEBHOOK = Endpoint(
    "webhook subscription",
    "/webhook_subscriptions/{}",
    "webhooks:write",
    "changes arrive with the next sync only",
)
SAMPLE_WEBHOOK = Endpoint(
    "sample webhook data",
    "/sample_webhook_data",
    "webhooks:read",
    "the reading of deliveries can't be tried out",
    is_wrapped=False,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    ME,
    USER,
    MEMBERSHIPS,
    EVENT_TYPES,
    EVENT_TYPE,
    EVENTS,
    EVENT,
    INVITEES,
    INVITEE,
    NO_SHOW,
    WEBHOOKS,
    WEBHOOK,
    SAMPLE_WEBHOOK,
)


def is_granted(endpoint: Endpoint, granted: tuple[str, ...]) -> bool:
    """True where one of the granted scopes allows `endpoint`: `…:write` includes reading."""
    return endpoint.scope in granted or endpoint.scope.replace(":read", ":write") in granted


def describe(endpoint: Endpoint, item: str, params: Mapping[str, str]) -> str:
    """The call in words, for messages: ids only, never an address, a name or a time."""
    if "{}" in endpoint.path:
        return f"{endpoint.name} {shown(item)}"
    owner = next((key for key in ("user", "group", "organization") if params.get(key)), None)
    return f"{endpoint.name} of {owner} {shown(params[owner])}" if owner else endpoint.name
