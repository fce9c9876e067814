"""The Calendly endpoints rollcall calls: path, scope, whether they serve one object or a list.

Paths, scopes and parameters are those of the Calendly API reference, v2. A token with `…:write` may also read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from rollcall.errors import DataFault
from rollcall.sources.calendly.uris import id_in, shown

LARGEST_PAGE = 100
"""Rows in a page; Calendly gives 20 to who does not ask, which takes five times the calls."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `path` has a {} where an id belongs; `name` says in messages what was asked for.

    `without` says what is lost when `scope` is not granted.
    """

    name: str
    path: str
    scope: str
    without: str
    is_list: bool = False
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def path_for(self, item: str) -> str:
        """The path below the API address. `item` is the URI or the id of the object, for a list that of the object it
        belongs to.

        Raises DataFault for anything else: it would change the path.
        """
        collection, place, _ = self.path.partition("/{}")
        if not place:
            return self.path
        found = id_in(item, collection)
        if found is None:
            raise DataFault(
                f"{self.name}: {shown(item)} is no URI of Calendly's below {collection}; read the list that it came "
                "from again."
            )
        return self.path.format(found)


def time_param(moment: datetime) -> str:
    """An aware moment as Calendly writes it itself: UTC with six decimals and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _list(name: str, path: str, scope: str, without: str) -> Endpoint:
    params = MappingProxyType({"count": str(LARGEST_PAGE)})
    return Endpoint(name, path, scope, without, is_list=True, params=params)


ME = Endpoint("own user", "/users/me", "users:read", "the connection can't be checked")
MEMBERSHIPS = _list(
    "organization members",
    "/organization_memberships",
    "organizations:read",
    "the role of the connection stays unknown",
)
EVENT_TYPES = _list(
    "event types", "/event_types", "event_types:read", "event types are known by their URI alone"
)
EVENTS = _list("scheduled events", "/scheduled_events", "scheduled_events:read", "nothing can be synced")
EVENT = Endpoint(
    "scheduled event", "/scheduled_events/{}", "scheduled_events:read", "missing events can't be confirmed"
)
INVITEES = _list(
    "invitees of scheduled event", "/scheduled_events/{}/invitees", "scheduled_events:read", "no invitees"
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


def describe(endpoint: Endpoint, item: str, params: Mapping[str, str]) -> str:
    """The call in words, for messages: ids only, never an address, a name or a time."""
    if "{}" in endpoint.path:
        return f"{endpoint.name} {shown(item)}"
    owner = next((key for key in ("user", "organization") if params.get(key)), None)
    return f"{endpoint.name} of {owner} {shown(params[owner])}" if owner else endpoint.name
