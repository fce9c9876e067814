"""What Calendly's headers say of its limit: how many calls a minute, how many are left, when it starts again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollcall.errors import RateLimited
from rollcall.sources.retry import parse_retry_after, retry_at


@dataclass(frozen=True, slots=True)
class Limits:
    """The three X-RateLimit headers: calls a minute, calls left, seconds until they start again. Each is None where
    it is missing or makes no sense."""

    limit: int | None
    remaining: int | None
    reset_seconds: float | None


def limits_of(headers: Mapping[str, str], now: datetime) -> Limits | None:
    """What `headers` (lower-case names) say at `now`; None where they say nothing."""
    reset_at = parse_retry_after(headers.get("x-ratelimit-reset"), now)
    # A limit of no calls at all is no limit: with it, nobody would ever ask again.
    limits = Limits(
        limit=_count(headers.get("x-ratelimit-limit")) or None,
        remaining=_count(headers.get("x-ratelimit-remaining")),
        reset_seconds=None if reset_at is None else max(0.0, (reset_at - now).total_seconds()),
    )
    return None if limits == Limits(None, None, None) else limits


def rate_limited(headers: Mapping[str, str], what: str, now: datetime) -> RateLimited:
    """The error for a 429. `headers` have lower-case names and may lack everything."""
    return RateLimited(
        f"Calendly allows no more calls for the moment (met at {what}); other programs of the same user count "
        "too, so leave them more room if this happens often.",
        retry_at=retry_at(headers, now),
    )


def _count(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
