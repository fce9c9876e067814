"""Faults on demand: what to do wrong, for which calls, how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal, get_args

import orjson

from sandbox.wire import Reply
from sandbox.zoom.limits import Header, next_midnight, too_many_per_day, too_many_per_second
from sandbox.zoom.refusals import PLAN_MISSING, page_token_dead, refusal, scopes_missing, token_rejected
from sandbox.zoom.stamps import iso

Kind = Literal[
    "qps429",
    "daily429",
    "500",
    "503",
    "cut_body",
    "broken_json",
    "html_body",
    "slow",
    "drop",
    "token_expired_401",
    "scope_missing",
    "page_token_expired",
    "invalid_grant",
    "repeat_token",
    "empty_page",
    "short_list",
    "200_error_body",
    "invalid_300",
    "lone_surrogate",
    "odd_row",
]
RetryAfter = Literal["default", "seconds", "http_date", "iso", "none"]

BENDING: frozenset[Kind] = frozenset({"repeat_token", "empty_page", "short_list"})
SPOILING: frozenset[Kind] = frozenset({"cut_body", "broken_json", "lone_surrogate", "odd_row", "slow"})
_NEEDS_PAGE_TOKEN: frozenset[Kind] = frozenset({"page_token_expired", "repeat_token"})
_API_ONLY = BENDING | _NEEDS_PAGE_TOKEN | {"token_expired_401", "scope_missing"}


class FaultOrderError(ValueError):
    """The order names no fault that the sandbox can commit."""


@dataclass(slots=True)
class Fault:
    """One order. `match` is searched in path and query; the first `after` matching calls pass, then `times`
    fail (-1: all of them). `seconds` is how long a slow answer takes or how long Retry-After says to wait.
    """

    kind: Kind
    match: re.Pattern[str]
    times: int = 1
    after: int = 0
    retry_after: RetryAfter = "default"
    seconds: float | None = None
    scopes: list[str] = field(default_factory=list)
    status: int = 200

    @classmethod
    def ordered(cls, order: dict[str, Any]) -> Fault:
        """Read an order. Raises FaultOrderError for a kind, field or pattern that can't be used."""
        wanted = dict(order)
        kind, how = wanted.get("kind"), wanted.get("retry_after", "default")
        if kind not in get_args(Kind) or how not in get_args(RetryAfter):
            raise FaultOrderError(f"no such kind or retry_after; kinds are {', '.join(get_args(Kind))}")
        try:
            wanted["match"] = re.compile(wanted.get("match", ""))
            return cls(**wanted)
        except (re.error, TypeError) as error:
            raise FaultOrderError(f"the order can't be read: {error}") from error

    def wants(self, target: str) -> bool:
        """Whether this fault could strike this call."""
        if self.kind in _NEEDS_PAGE_TOKEN and not re.search(r"next_page_token=[^&]", target):
            return False
        if self.kind in (_API_ONLY if target.startswith("/oauth/token") else {"invalid_grant"}):
            return False
        return self.match.search(target) is not None


def _retry_after(fault: Fault, now: float, default: RetryAfter, moment: float) -> tuple[Header, ...]:
    how = default if fault.retry_after == "default" else fault.retry_after
    when = now + fault.seconds if fault.seconds is not None else moment
    if how == "seconds":
        return ((b"Retry-After", b"%d" % max(round(when - now), 0)),)
    if how == "http_date":
        return ((b"Retry-After", format_datetime(datetime.fromtimestamp(when, UTC), usegmt=True).encode()),)
    if how == "iso":
        return ((b"Retry-After", iso(int(when)).encode()),)
    return ()


def refusing(fault: Fault, now: float, label: str, scope: str) -> Reply:
    """The answer of a fault that leaves the call itself undone. `now` is in Unix seconds."""
    match fault.kind:
        case "qps429":
            return too_many_per_second(label, 10, _retry_after(fault, now, "none", now + 1))
        case "daily429":
            return too_many_per_day(label, 30_000, _retry_after(fault, now, "iso", next_midnight(now)))
        case "500" | "503":
            reply = refusal(int(fault.kind), int(fault.kind), "Internal error, try again later.")
            reply.headers += _retry_after(fault, now, "none", now + 1)
            return reply
        case "html_body":
            page = b"<html><head><title>Zoom</title></head><body>We'll be back soon.</body></html>"
            return Reply(fault.status, [page], content_type=b"text/html; charset=utf-8")
        case "drop":
            return Reply(wire="drop")
        case "token_expired_401":
            return token_rejected("Access token is expired.")
        case "scope_missing":
            return scopes_missing(fault.scopes or [scope])
        case "page_token_expired":
            return page_token_dead()
        case "invalid_grant":
            return Reply(400, [b'{"reason":"Invalid Token!","error":"invalid_grant"}'])
        case "invalid_300":
            return refusal(400, 300, "Invalid parameter.")
        case "200_error_body":
            return Reply(200, [orjson.dumps({"code": 200, "message": PLAN_MISSING})])
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
        case "lone_surrogate":
            body = b"".join(reply.parts)
            reply.parts = [re.sub(rb'"(name|topic|message)":"', rb'"\1":"\\ud800', body, count=1)]
        case "odd_row":
            reply.parts = [b"".join(reply.parts).replace(b"[{", b'["odd",{', 1)]
        case _:
            pass
    return reply
