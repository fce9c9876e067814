"""Faults on demand: what to do wrong, for which calls, how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson

from sandbox.calendly.limits import too_many
from sandbox.calendly.refusals import (
    calendar_trouble,
    denied,
    invalid,
    not_found,
    oauth_refusal,
    scopes_missing,
    server_trouble,
    unauthenticated,
    upgrade_needed,
)
from sandbox.wire import Reply

Kind = Literal[
    "429",
    "500",
    "502",
    "503",
    "504",
    "424",
    "400",
    "404",
    "role_missing",
    "scope_missing",
    "upgrade_needed",
    "token_expired_401",
    "invalid_grant",
    "page_token_invalid",
    "html_body",
    "drop",
    "slow",
    "cut_body",
    "broken_json",
    "no_wrapper",
    "lone_surrogate",
    "odd_row",
    "repeat_page",
    "empty_page",
    "vanish",
]

BENDING: frozenset[Kind] = frozenset({"repeat_page", "empty_page", "vanish"})
SPOILING: frozenset[Kind] = frozenset(
    {"slow", "cut_body", "broken_json", "no_wrapper", "lone_surrogate", "odd_row"}
)
_ANYWHERE: frozenset[Kind] = frozenset({"429", "500", "502", "503", "504", "html_body", "drop"})


class FaultOrderError(ValueError):
    """The order names no fault that the sandbox can commit."""


@dataclass(slots=True)
class Fault:
    """One order. `match` is searched in method, path and query ("GET /scheduled_events?…"); the first `after`
    matching calls pass, then `times` fail (-1: all of them).

    `seconds` is how long a slow answer takes, or what X-RateLimit-Reset says (a 429 without `headers` says
    nothing); `scopes` are those that a scope_missing asks for; `status` is that of an HTML page. A `vanish`
    deletes the event in the path before the call is answered; an `empty_page` has a token and no rows.
    """

    kind: Kind
    match: re.Pattern[str]
    times: int = 1
    after: int = 0
    seconds: float | None = None
    headers: bool = True
    scopes: list[str] = field(default_factory=list)
    status: int = 200

    @classmethod
    def ordered(cls, order: dict[str, Any]) -> Fault:
        """Read an order. Raises FaultOrderError for a kind, field or pattern that can't be used."""
        wanted = dict(order)
        if wanted.get("kind") not in get_args(Kind):
            raise FaultOrderError(f"no such kind; kinds are {', '.join(get_args(Kind))}")
        try:
            wanted["match"] = re.compile(wanted.get("match", ""))
            return cls(**wanted)
        except (re.error, TypeError) as error:
            raise FaultOrderError(f"the order can't be read: {error}") from error

    def wants(self, call: str) -> bool:
        """Whether this fault could strike this call, given as "METHOD /path?query"."""
        token_endpoint = " /oauth/" in call
        if self.kind == "invalid_grant" and not token_endpoint:
            return False
        if token_endpoint and self.kind != "invalid_grant" and self.kind not in _ANYWHERE | SPOILING:
            return False
        if self.kind == "page_token_invalid" and "page_token=" not in call:
            return False
        return self.match.search(call) is not None


def refusing(fault: Fault, limit: int, scope: str) -> Reply:
    """The answer of a fault that leaves the call itself undone; `limit` is what the headers of a 429 say."""
    match fault.kind:
        case "429":
            reply = too_many(limit, 60 if fault.seconds is None else round(fault.seconds))
            reply.headers = reply.headers if fault.headers else []
            return reply
        case "500" | "502" | "503" | "504":
            return server_trouble(int(fault.kind))
        case "424":
            return calendar_trouble()
        case "400":
            return invalid("event", "is invalid").reply
        case "404":
            return not_found().reply
        case "role_missing":
            return denied("You do not have permission to access this resource.").reply
        case "scope_missing":
            return scopes_missing(fault.scopes or [scope])
        case "upgrade_needed":
            return upgrade_needed()
        case "token_expired_401":
            return unauthenticated()
        case "invalid_grant":
            return oauth_refusal(400, "invalid_grant", "The provided authorization grant is invalid")
        case "page_token_invalid":
            return invalid("page_token", "is invalid").reply
        case "html_body":
            page = b"<html><head><title>Calendly</title></head><body>We'll be back soon.</body></html>"
            return Reply(fault.status, [page], content_type=b"text/html; charset=utf-8")
        case "drop":
            return Reply(wire="drop")
        case _:
            raise FaultOrderError(f"{fault.kind} changes an answer, it does not refuse one")


def spoil(fault: Fault, reply: Reply) -> Reply:
    """The good answer, made bad."""
    match fault.kind:
        case "slow":
            reply.delay += 1.0 if fault.seconds is None else fault.seconds
        case "cut_body":
            reply.wire = "cut"
        case "broken_json":
            reply.parts = [b"".join(reply.parts)[:-20]]
        case "no_wrapper":
            body = orjson.loads(b"".join(reply.parts))
            reply.parts = [orjson.dumps(body.get("resource", body.get("collection")))]
        case "lone_surrogate":
            body = b"".join(reply.parts)
            reply.parts = [re.sub(rb'"(name|title)":"', rb'"\1":"\\ud800', body, count=1)]
        case "odd_row":
            reply.parts = [b"".join(reply.parts).replace(b'"collection":[{', b'"collection":["odd",{', 1)]
        case _:
            pass
    return reply
