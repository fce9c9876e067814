"""So many calls per user and minute, told in headers on every answer (Calendly API reference, section 5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.wire import Reply

Header = tuple[bytes, bytes]

_A_MINUTE = {"free": 50, "trial": 500, "paid": 500, "off": 1_000_000}
PLANS = tuple(_A_MINUTE)


def too_many(limit: int, reset: int) -> Reply:
    """429 with the three headers; no Retry-After and no JSON, since neither is documented."""
    headers = _headers(limit, 0, reset)
    return Reply(429, [b"Too Many Requests"], headers=headers, content_type=b"text/plain")


def _headers(limit: int, remaining: int, reset: int) -> list[Header]:
    return [
        (b"X-RateLimit-Limit", b"%d" % limit),
        (b"X-RateLimit-Remaining", b"%d" % max(remaining, 0)),
        (b"X-RateLimit-Reset", b"%d" % reset),
    ]


@dataclass(slots=True)
class _Window:
    ends: float = 0.0
    used: int = 0


@dataclass(slots=True)
class Limits:
    """The budgets of a plan, one for each user, in windows of `window` seconds; "off" refuses nothing.

    A window begins with the first call in it, so that Reset is 60 on that one.
    """

    plan: str
    window: float
    clock: Callable[[], float]
    _windows: dict[str, _Window] = field(default_factory=dict)

    @property
    def allowed(self) -> int:
        """Calls in one window."""
        return _A_MINUTE[self.plan]

    def _current(self, user: str) -> _Window:
        window = self._windows.setdefault(user, _Window())
        now = self.clock()
        if now >= window.ends:
            window.ends, window.used = now + self.window, 0
        return window

    def spend(self, user: str, calls: int = 1) -> bool:
        """Count calls of this user; False, and nothing counted, where they don't fit any more."""
        window = self._current(user)
        if window.used + calls > self.allowed:
            return False
        window.used += calls
        return True

    def reset_in(self, user: str) -> int:
        """Whole seconds until this user's window ends, at least 1."""
        return max(math.ceil(self._current(user).ends - self.clock()), 1)

    def headers(self, user: str) -> list[Header]:
        """What an answer to this user says about the budget."""
        return _headers(self.allowed, self.allowed - self._current(user).used, self.reset_in(user))
