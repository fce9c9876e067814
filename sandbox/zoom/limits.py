"""Zoom's budgets per account: so many calls a second by label, and so many a day (Zoom API reference, section
6).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.wire import Reply
from sandbox.zoom.refusals import refusal
from sandbox.zoom.stamps import DAY, iso

Header = tuple[bytes, bytes]

_PER_SECOND: dict[str, dict[str, int]] = {
    "free": {"Light": 4, "Medium": 2, "Heavy": 1},
    "pro": {"Light": 30, "Medium": 20, "Heavy": 10},
    "business": {"Light": 80, "Medium": 60, "Heavy": 40},
}
_PER_DAY: dict[str, dict[str, int]] = {
    "free": {"Light": 6000, "Medium": 2000, "Heavy": 1000},
    "pro": {"Heavy": 30_000},
    "business": {"Heavy": 60_000},
}
PLANS = ("off", *_PER_SECOND)


def too_many_per_second(label: str, limit: int, extra: tuple[Header, ...] = ()) -> Reply:
    """429 for the second that is running."""
    reply = refusal(
        429, 429, "You have reached the maximum per-second rate limit for this API. Try again later."
    )
    reply.headers += [*_headers(label, b"QPS", limit, 0), *extra]
    return reply


def too_many_per_day(label: str, limit: int, extra: tuple[Header, ...] = ()) -> Reply:
    """429 until the budget of the day is renewed."""
    reply = refusal(
        429,
        429,
        "You have reached the maximum daily rate limit for this API."
        " Refer to the response header for details on when you can make another request.",
    )
    reply.headers += [*_headers(label, b"Daily-limit", limit, 0), *extra]
    return reply


def _headers(label: str, kind: bytes, limit: int, remaining: int) -> list[Header]:
    return [
        (b"X-RateLimit-Category", label.encode()),
        (b"X-RateLimit-Type", kind),
        (b"X-RateLimit-Limit", b"%d" % limit),
        (b"X-RateLimit-Remaining", b"%d" % remaining),
    ]


def next_midnight(now: float) -> float:
    """00:00 UTC of the next day, when daily budgets begin anew."""
    return (now // DAY + 1) * DAY


@dataclass(slots=True)
class Limits:
    """The budgets of one account under a plan; "off" lets everything pass."""

    plan: str
    clock: Callable[[], float]
    _recent: dict[str, deque[float]] = field(default_factory=dict)
    _days: Counter[tuple[str, int]] = field(default_factory=Counter)

    def refuse(self, label: str) -> Reply | None:
        """Count one call; the refusal if it is one too many."""
        if self.plan == "off":
            return None
        now = self.clock()
        allowed = _PER_SECOND[self.plan][label]
        recent = self._recent.setdefault(label, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= allowed:
            return too_many_per_second(label, allowed)
        daily = _PER_DAY[self.plan].get(label)
        day = (label, int(now // DAY))
        if daily is not None and self._days[day] >= daily:
            return too_many_per_day(label, daily, ((b"Retry-After", iso(next_midnight(now)).encode()),))
        recent.append(now)
        self._days[day] += 1
        return None

    def headers(self, label: str) -> list[Header]:
        """What an answer says about the budget; with limits off only the label."""
        if self.plan == "off":
            return [(b"X-RateLimit-Category", label.encode())]
        allowed = _PER_SECOND[self.plan][label]
        return _headers(label, b"QPS", allowed, allowed - len(self._recent.get(label, ())))
