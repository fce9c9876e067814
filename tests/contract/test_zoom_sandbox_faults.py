"""The client against the sandbox, with each of its faults in the way: the rows must come out the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from rollcall.errors import (
    AuthRefused,
    PageTokenExpired,
    PageTokenRepeated,
    Parked,
    ReconnectNeeded,
    ScopeMissing,
    SourceError,
)
from rollcall.sources.retry import RetryPolicy
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.oauth import fetch_token
from rollcall.sources.zoom.rate_limits import next_midnight
from sandbox.zoom.harness import Sandbox

SOON = RetryPolicy(attempts=4, first_delay=0.01, factor=1.0, max_delay=0.02)
PARTICIPANTS = "report/webinars/.*/participants"


class Account:
    """The sandbox's account as the client sees it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.waits: list[float] = []
        self._current = ""
        self.client = ZoomClient(
            requests.Session,
            sandbox.api_url,
            self._token,
            lambda _label: None,
            dict.fromkeys(("rate_limit", "network_error", "server_error"), SOON),
            on_wait=lambda seconds, _reason: self.waits.append(seconds),
        )
        instances = self.sandbox.truth["instances"]
        self.uuid = max(instances, key=lambda uuid: int(instances[uuid].get("distinct_rows") or 0))

    def _token(self, rejected: bool) -> str:
        if rejected or not self._current:
            self._current = self.grant().access_token
        return self._current

    def grant(self, kind: str = "server_to_server") -> Any:
        return fetch_token(
            self.session,
            self.sandbox.oauth_url,
            kind,
            "sandbox-account",
            "sandbox-client",
            "sandbox-secret",
            "sandbox-refresh",
            retry_policies=dict.fromkeys(("rate_limit", "network_error", "server_error"), SOON),
        )

    def rows(self) -> list[dict[str, Any]]:
        pages = self.client.pages(zoom.REPORT_PARTICIPANTS, self.uuid)
        return [row for page in pages for row in page.rows]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("seed") as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox) -> Iterator[Account]:
    sandbox.clear_faults()
    made = Account(sandbox)
    with made.client, made.session:
        yield made
    sandbox.clear_faults()


def key(row: dict[str, Any]) -> str:
    return str(sorted(row.items(), key=lambda item: item[0]))


@pytest.mark.parametrize(
    "kind",
    ["500", "503", "cut_body", "broken_json", "html_body", "drop", "token_expired_401", "empty_page"],
)
def test_a_fault_on_the_way_costs_no_row_and_doubles_none(account: Account, kind: str) -> None:
    whole = account.rows()
    assert len(whole) > 300
    account.sandbox.fault(kind, match=PARTICIPANTS, after=1, times=2 if kind != "token_expired_401" else 1)
    assert sorted(map(key, account.rows())) == sorted(map(key, whole))


@pytest.mark.parametrize("form", ["seconds", "http_date", "iso"])
def test_a_per_second_limit_is_waited_for(account: Account, form: str) -> None:
    account.sandbox.fault("qps429", match=PARTICIPANTS, retry_after=form, seconds=1)
    account.rows()
    assert len(account.waits) == 1


@pytest.mark.parametrize("form", ["iso", "http_date", "none"])
def test_a_daily_limit_parks_until_midnight(account: Account, form: str) -> None:
    account.sandbox.fault("daily429", match=PARTICIPANTS, retry_after=form)
    before = next_midnight(datetime.now(UTC))
    with pytest.raises(Parked) as parked:
        account.rows()
    # The test may run over midnight.
    assert parked.value.until in (before, next_midnight(datetime.now(UTC)))
    assert account.waits == []


def test_half_a_surrogate_costs_no_row(account: Account) -> None:
    whole = account.rows()
    account.sandbox.fault("lone_surrogate", match=PARTICIPANTS)
    assert len(account.rows()) == len(whole)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("scope_missing", ScopeMissing),
        ("page_token_expired", PageTokenExpired),
        ("repeat_token", PageTokenRepeated),
        ("200_error_body", SourceError),
    ],
)
def test_what_a_retry_cant_mend_is_named(account: Account, kind: str, error: type[SourceError]) -> None:
    account.sandbox.fault(kind, match=PARTICIPANTS, times=9)
    with pytest.raises(error):
        account.rows()


def test_a_token_that_is_always_rejected_ends_with_advice(account: Account) -> None:
    account.sandbox.fault("token_expired_401", match=PARTICIPANTS, times=9)
    with pytest.raises(AuthRefused, match="rollcall connection test"):
        account.rows()


def test_a_dead_grant_needs_a_person(account: Account) -> None:
    account.sandbox.fault("invalid_grant")
    with pytest.raises(ReconnectNeeded):
        account.grant("oauth")
