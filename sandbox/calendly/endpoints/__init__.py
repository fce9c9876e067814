"""The endpoints of the fake API and the table that finds them."""

from __future__ import annotations

from sandbox.calendly.call import Endpoint
from sandbox.calendly.endpoints import events, organization, webhooks

ENDPOINTS = (*events.ENDPOINTS, *organization.ENDPOINTS, *webhooks.ENDPOINTS)
_BY_SHAPE = {(each.method, *each.template.split("/")): each for each in ENDPOINTS}


def find(method: str, path: str) -> tuple[Endpoint, list[str]] | None:
    """The endpoint of a method and path, and the keys in the path.

    Fixed words win over keys: /users/me is not the user `me`.
    """
    parts = path.split("/")
    exact = _BY_SHAPE.get((method, *parts))
    if exact is not None:
        return exact, []
    keys = [part for place, part in enumerate(parts) if _is_key(place)]
    shape = [("{}" if _is_key(place) else part) for place, part in enumerate(parts)]
    found = _BY_SHAPE.get((method, *shape))
    return None if found is None else (found, keys)


def _is_key(place: int) -> bool:
    # "", collection, key, collection, key
    return place > 0 and place % 2 == 0
