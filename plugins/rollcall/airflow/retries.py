"""Which errors Airflow tries again, from the error tree: `retry` of each class says whether that makes sense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule

from rollcall.errors import RollcallError

RETRIES = 5
RETRY_DELAY = timedelta(seconds=5)
LONGEST_RETRY_DELAY = timedelta(minutes=2)


def _family(error: type[RollcallError]) -> list[type[RollcallError]]:
    return [error, *(member for child in error.__subclasses__() for member in _family(child))]


RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=error,
            action=RetryAction.RETRY if error.retry else RetryAction.FAIL,
            match_subclasses=False,
            reason=f"{error.__name__} {'may pass' if error.retry else 'needs a person'}",
        )
        for error in _family(RollcallError)
    ],
    default=RetryAction.RETRY,
)
"""Anything that is not rollcall's (a killed process, a restarted database) is tried again."""

RETRYING: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay": RETRY_DELAY,
    "retry_exponential_backoff": 2,
    "max_retry_delay": LONGEST_RETRY_DELAY,
    "retry_policy": RETRY_POLICY,
}
"""Default arguments of every Dag's tasks."""
