"""What an endpoint is handed: one request with everything it may need to answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sandbox.wire import Reply, Request
from sandbox.zoom.world import World


@dataclass(slots=True)
class Call:
    """One API call. `now` is in Unix seconds; `bend` holds the paging faults to commit on this call."""

    request: Request
    world: World
    now: float
    secret: bytes
    token_life: float
    bend: frozenset[str] = frozenset()
    params: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.params = dict(parse_qsl(self.request.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `template` names it, with `{}` for the id, that `answer` gets as it stood there."""

    template: str
    label: str
    scope: str
    classic: str
    answer: Callable[[Call, str], Reply]

    def raw_id(self, path: str) -> str | None:
        """The id in this path, still encoded; None when the path is another endpoint's."""
        before, found, after = self.template.partition("{}")
        if not found:
            return "" if path == self.template else None
        if not (path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after)):
            return None
        return path[len(before) : len(path) - len(after)]
