"""What an endpoint is handed: one request with everything it may need to answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.calendly.refusals import invalid
from sandbox.calendly.world import User, World
from sandbox.wire import Reply, Request


@dataclass(slots=True)
class PageRules:
    """How lists are paged. A token dies after `life` seconds or `drained` calls for single events' invitees
    (-1: never): seen in the wild is that a token parked during a hundred such calls is refused.

    `exclusive` tells whether an event that starts exactly at a bound is left out.
    """

    secret: bytes
    life: float
    drained: int
    exclusive: bool
    invitee_calls: int = 0


@dataclass(slots=True)
class Call:
    """One API call. `now` is in Unix microseconds; `bend` holds the paging faults to commit on this call."""

    request: Request
    world: World
    user: User
    scopes: Callable[[str], bool]
    now: int
    pages: PageRules
    bend: frozenset[str] = frozenset()
    params: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.params = dict(parse_qsl(self.request.query, keep_blank_values=True))

    @property
    def is_admin(self) -> bool:
        """Whether the caller may see the whole organization."""
        return self.user.role in {"owner", "admin"}

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises Refused where it is none."""
        try:
            sent = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise invalid("body", "is not JSON") from None
        if not isinstance(sent, dict):
            raise invalid("body", "must be an object")
        return sent


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: a method, a path with `{}` for each key, the scope, and what answers; keys in order."""

    method: str
    template: str
    scope: str
    answer: Callable[..., Reply]
