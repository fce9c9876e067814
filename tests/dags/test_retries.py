"""Which errors a task is tried again for: what each class of the tree says of itself, and nothing undecided."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rollcall import errors


def tree(error: type[errors.RollcallError] = errors.RollcallError) -> list[type[errors.RollcallError]]:
    return [error, *(member for child in error.__subclasses__() for member in tree(child))]


def raised(error: type[errors.RollcallError]) -> errors.RollcallError:
    if error is errors.Parked:
        return errors.Parked("The budget of the day is used up.", datetime.now(UTC))
    if error is errors.SignatureRefused:
        return errors.SignatureRefused("The signature does not fit.", "mismatch")
    return error("It failed.")


NAMED = [error for error in tree() if error.__module__ == errors.__name__]


@pytest.mark.parametrize("error", NAMED)
def test_every_error_says_whether_it_is_tried_again(error: type[errors.RollcallError]) -> None:
    from airflow.sdk.definitions.retry_policy import RetryAction

    from rollcall.airflow.retries import RETRY_POLICY

    decision = RETRY_POLICY.evaluate(raised(error), 1, 5)
    assert decision.action is (RetryAction.RETRY if error.retry else RetryAction.FAIL)
    assert error.__name__ in (decision.reason or "")


def test_the_tree_is_seen_as_a_whole() -> None:
    assert len(NAMED) > 15
    for passing in (
        errors.NetworkFault,
        errors.ServerFault,
        errors.RateLimited,
        errors.TokenRejected,
        errors.Parked,
    ):
        assert passing.retry
    for lasting in (
        errors.WrongUse,
        errors.RunInTheWay,
        errors.SetupError,
        errors.ReconnectNeeded,
        errors.RunClosed,
    ):
        assert not lasting.retry


@pytest.mark.parametrize("foreign", [OSError("gone"), KeyError("x"), MemoryError(), SystemExit(1)])
def test_a_foreign_error_is_tried_again(foreign: BaseException) -> None:
    from airflow.sdk.definitions.retry_policy import RetryAction

    from rollcall.airflow.retries import RETRY_POLICY

    assert RETRY_POLICY.evaluate(foreign, 1, 5).action is RetryAction.RETRY


def test_the_policy_survives_the_way_through_airflows_database() -> None:
    from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy

    from rollcall.airflow.retries import RETRY_POLICY

    again = ExceptionRetryPolicy.deserialize(RETRY_POLICY.serialize())
    for error in NAMED:
        assert again.evaluate(raised(error), 1, 5) == RETRY_POLICY.evaluate(raised(error), 1, 5)
