"""One call of a source's API, from sending it to what its answer holds, made again as often as that may help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from rollcall.errors import AuthRefused, RateLimited, ServerFault, TokenRejected
from rollcall.sources.retry import Clock, RetryPolicy, call_with_retries, park_if_long, parse_retry_after
from rollcall.sources.wire import Answer

T = TypeVar("T")


def exchange(
    send: Callable[[bool], Answer],
    read: Callable[[Answer], T],
    rejected_twice: Callable[[TokenRejected], AuthRefused],
    policies: Mapping[str, RetryPolicy],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    on_wait: Callable[[float, str], None],
) -> T:
    """What `read` makes of the answer that `send(token_rejected)` brings, after as many tries as it takes.

    `read` raises the error that an answer stands for. Where the token is rejected, one more try is made with a fresh
    one; `rejected_twice` makes the error for that being rejected too, for a third try would not help. Raises a
    SourceError, or Parked for a daily limit and for a pause too long to hold a worker for.
    """
    not_before: datetime | None = None

    def once(token_rejected: bool) -> T:
        nonlocal not_before
        not_before = None
        answer = send(token_rejected)
        try:
            return read(answer)
        except RateLimited as limited:
            not_before = limited.retry_at
            raise
        except ServerFault:
            not_before = parse_retry_after(answer.headers.get("Retry-After"), clock())
            raise

    def with_good_token() -> T:
        try:
            return once(False)
        except TokenRejected:
            pass
        try:
            return once(True)
        except TokenRejected as again:
            raise rejected_twice(again) from None

    def attempt() -> T:
        try:
            return with_good_token()
        except (RateLimited, ServerFault) as error:
            park_if_long(not_before, error, clock())
            raise

    return call_with_retries(
        attempt, policies, clock=clock, sleep=sleep, on_wait=on_wait, not_before=lambda: not_before
    )
