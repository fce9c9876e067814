"""Calls to a source tried again: policies per error kind, and the source's own word on when to come back."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from rollcall.errors import Parked, RateLimited, SourceError, TokenRejected

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Gives the present moment, aware."""


def utc_now() -> datetime:
    """The clock for callers that give none."""
    return datetime.now(UTC)


# Longer waits than this hold a worker for nothing: the run parks and frees it instead.
LONGEST_WAIT_SECONDS = 300.0

# Added to a moment that the source named, so that workers do not all come back in the same instant.
_SPREAD_SECONDS = 0.25

# Budgets of sources are of a day at most; what a header names beyond this is broken.
_LONGEST_LIMIT = timedelta(days=31)

# A number above this in Retry-After can't be a pause (it is 31 years): it is a moment in Unix seconds.
_UNIX_SECONDS_FROM = 1_000_000_000


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One row of sync_retry_policies. `attempts` counts the first try too; all delays are in seconds.

    The wait after failure n is `first_delay * factor ** (n - 1)`, at most `max_delay`, of which a random
    part up to half is taken off so that workers that failed together do not come back together.
    """

    attempts: int
    first_delay: float
    factor: float
    max_delay: float

    def delay_after(self, failures: int) -> float:
        """Seconds to wait after so many failures of this kind (1 = the first)."""
        try:
            longest = min(self.max_delay, self.first_delay * self.factor ** (failures - 1))
        except OverflowError:
            longest = self.max_delay
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards no secret


# What applies where the caller names no policy for a kind.
DEFAULT_POLICIES: Mapping[str, RetryPolicy] = {
    "rate_limit": RetryPolicy(attempts=8, first_delay=1.0, factor=2.0, max_delay=60.0),
    "network_error": RetryPolicy(attempts=6, first_delay=0.5, factor=2.0, max_delay=30.0),
    "server_error": RetryPolicy(attempts=6, first_delay=0.5, factor=2.0, max_delay=30.0),
}

ONCE = RetryPolicy(attempts=1, first_delay=0.0, factor=1.0, max_delay=0.0)
"""Never again: for what must not be repeated, and for kinds of error without a policy."""


def call_with_retries(
    attempt: Callable[[], T],
    policies: Mapping[str, RetryPolicy],
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    on_wait: Callable[[float, str], None],
    not_before: Callable[[], datetime | None] = lambda: None,
) -> T:
    """Call `attempt` until it succeeds, fails for good, or its error kind's attempts are used up.

    Each error kind counts its own failures: two broken connections leave the budget for rate limits
    untouched. Errors whose class says that a retry makes no sense, and everything that is no SourceError,
    pass through at once; so does the last error when attempts run out. `not_before` gives the moment the
    source named in its last answer, if any; it is waited for in full, whatever `max_delay` says. One that is past
    names no pause: attempts would be used up at once where clocks differ.
    `on_wait(seconds, reason)` hears of each wait before it begins.
    """
    failures: Counter[str] = Counter()

    def worth_another_try(error: BaseException) -> bool:
        if not isinstance(error, SourceError) or isinstance(error, TokenRejected) or not error.retry:
            return False
        failures[error.kind] += 1
        return True

    def attempts_used_up(state: RetryCallState) -> bool:
        kind = _failure(state).kind
        return failures[kind] >= _policy(policies, kind).attempts

    def delay(state: RetryCallState) -> float:
        kind = _failure(state).kind
        named = not_before()
        left = 0.0 if named is None else (named - clock()).total_seconds()
        if left > 0:
            return left + random.uniform(0.0, _SPREAD_SECONDS)  # noqa: S311 - spreads load, guards no secret
        return _policy(policies, kind).delay_after(failures[kind])

    def announce(state: RetryCallState) -> None:
        on_wait(state.upcoming_sleep, str(_failure(state)))

    retrying = Retrying(
        retry=retry_if_exception(worth_another_try),
        stop=attempts_used_up,
        wait=delay,
        sleep=sleep,
        before_sleep=announce,
        reraise=True,
    )
    return retrying(attempt)


def park_if_long(not_before: datetime | None, error: SourceError, now: datetime) -> None:
    """Raise Parked for a daily limit, and for a pause too long to hold a worker for."""
    if not_before is None:
        return
    seconds = (not_before - now).total_seconds()
    if seconds > LONGEST_WAIT_SECONDS or (isinstance(error, RateLimited) and error.daily):
        raise Parked(f"{error} The run goes on by itself then.", not_before) from error


def parse_retry_after(value: str | None, now: datetime) -> datetime | None:
    """The moment (aware, UTC) that a Retry-After header names, or None where it names none, or one so far ahead that no
    limit lasts till then: a run would wait for ever.

    Takes whole or broken seconds, Unix seconds, an HTTP date, and an ISO date with or without time and
    zone; without a zone it is UTC. Zoom sends the ISO form on daily limits (Zoom API reference, rate
    limits).
    """
    moment = _moment_in((value or "").strip(), now)
    return moment if moment is not None and moment - now <= _LONGEST_LIMIT else None


def _moment_in(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        return _from_number(float(text), now)
    except ValueError:
        pass
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When to call again after a refusal, by `headers` (lower-case names): Retry-After, else the reset of the limit,
    which is all that some sources document. None where neither lies ahead."""
    moments = (parse_retry_after(headers.get(name), now) for name in ("retry-after", "x-ratelimit-reset"))
    return next((moment for moment in moments if moment and moment > now), None)


def _from_number(seconds: float, now: datetime) -> datetime | None:
    if not math.isfinite(seconds) or seconds < 0:
        return None
    try:
        if seconds >= _UNIX_SECONDS_FROM:
            return datetime.fromtimestamp(seconds, UTC)
        return now + timedelta(seconds=seconds)
    except (OverflowError, ValueError, OSError):
        return None


def _policy(policies: Mapping[str, RetryPolicy], kind: str) -> RetryPolicy:
    return policies.get(kind) or DEFAULT_POLICIES.get(kind, ONCE)


def _failure(state: RetryCallState) -> SourceError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, SourceError):
        raise TypeError("only a SourceError is ever tried again")
    return error
