"""When a failed call comes again, and what the source's own word on it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.errors import DataFault, NetworkFault, ServerFault, SourceError
from rollcall.sources.retry import RetryPolicy, call_with_retries, parse_retry_after

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("0", NOW),
        ("30", NOW + timedelta(seconds=30)),
        (" 1.5 ", NOW + timedelta(seconds=1.5)),
        ("86400", NOW + timedelta(days=1)),
        ("1772636400", datetime(2026, 3, 4, 15, 0, tzinfo=UTC)),
        ("Thu, 05 Mar 2026 00:00:00 GMT", datetime(2026, 3, 5, tzinfo=UTC)),
        ("Thu, 05 Mar 2026 00:00:00 -0000", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-05T00:00:00Z", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-05T02:00:00+02:00", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-05T00:00:00", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-05 00:00:00", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-05", datetime(2026, 3, 5, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("9" * 40, None),
        ("2592000", NOW + timedelta(days=30)),
        ("99999999999", None),
        ("9999-12-31T23:59:59Z", None),
        ("Fri, 05 Mar 2126 00:00:00 GMT", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_every_form_of_retry_after(value: str | None, moment: datetime | None) -> None:
    assert parse_retry_after(value, NOW) == moment


def failing_with(*errors: SourceError) -> tuple[list[float], list[SourceError], object]:
    waits: list[float] = []
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    policies = {
        "network_error": RetryPolicy(3, 1.0, 10.0, 15.0),
        "server_error": RetryPolicy(2, 1.0, 1.0, 1.0),
    }
    try:
        result: object = call_with_retries(
            attempt, policies, clock=lambda: NOW, sleep=waits.append, on_wait=lambda _seconds, _reason: None
        )
    except SourceError as error:
        result = error
    return waits, left, result


def test_delays_grow_by_the_factor_up_to_the_cap() -> None:
    waits, _, result = failing_with(NetworkFault("1"), NetworkFault("2"))
    assert result == "done"
    assert 0.5 <= waits[0] <= 1.0
    assert 5.0 <= waits[1] <= 10.0
    assert 7.5 <= RetryPolicy(9, 1.0, 10.0, 15.0).delay_after(5000) <= 15.0


def test_the_last_error_comes_out_when_attempts_are_used_up() -> None:
    waits, left, result = failing_with(*(NetworkFault(str(n)) for n in range(5)))
    assert str(result) == "2"
    assert (len(waits), len(left)) == (2, 2)


def test_each_kind_counts_for_itself() -> None:
    errors = (NetworkFault("a"), ServerFault("b"), NetworkFault("c"))
    assert failing_with(*errors)[2] == "done"
    assert str(failing_with(*errors, ServerFault("d"))[2]) == "d"


def test_what_no_retry_can_mend_passes_at_once() -> None:
    waits, _, result = failing_with(DataFault("gone"))
    assert (waits, str(result)) == ([], "gone")
