"""What a 429 of Zoom says: which budget is used up, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from rollcall.errors import RateLimited
from rollcall.sources.retry import parse_retry_after, retry_at

# For a daily limit whose stated end is past already (clocks differ), or the run would park in a loop.
_PARK_WITHOUT_A_FUTURE = timedelta(minutes=1)


def next_midnight(now: datetime) -> datetime:
    """The next 00:00 UTC, when Zoom's daily budgets start again (Zoom API reference, rate limits)."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def rate_limited(
    headers: Mapping[str, str], message: str, what: str, label: str, now: datetime, tracking_id: str | None
) -> RateLimited:
    """The error for a 429. `headers` have lower-case names and may lack everything; `message` is in lower
    case.

    A daily limit always gets a `retry_at`: Retry-After, else the next 00:00 UTC. One per second gets what the headers
    name, None where that is nothing to come.
    """
    kind = headers.get("x-ratelimit-type", "").lower()
    if "daily" in kind or ("qps" not in kind and "daily" in message):
        until = parse_retry_after(headers.get("retry-after"), now) or next_midnight(now)
        if until <= now:
            until = now + _PARK_WITHOUT_A_FUTURE
        return RateLimited(
            f"Zoom's daily budget for {label} calls is used up (met at {what}); it opens again at "
            f"{until:%Y-%m-%d %H:%M} UTC.",
            retry_at=until,
            daily=True,
            code=429,
            tracking_id=tracking_id,
        )
    return RateLimited(
        f"Zoom allows no more {label} calls for the moment (met at {what}); lower the plan of the connection "
        "if this happens often.",
        retry_at=retry_at(headers, now),
        code=429,
        tracking_id=tracking_id,
    )
