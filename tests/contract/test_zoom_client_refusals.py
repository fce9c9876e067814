"""The Zoom client is refused: which token, scope or pace is at fault, how long it waits, and when it parks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from rollcall.errors import AuthRefused, Parked, ScopeMissing
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from rollcall.sources.zoom.oauth import fetch_token
from tests.contract.scripted_server import Reply, ScriptedServer
from tests.contract.zoom_client_harness import NOW, TOKEN, Harness, error, rows


def test_a_long_pause_of_the_token_endpoint_parks(server: ScriptedServer) -> None:
    server.replies = [Reply(429, b"", {"Retry-After": "3600"})]
    with requests.Session() as session, pytest.raises(Parked) as parked:
        fetch_token(session, server.url, "server_to_server", "a", "c", "s", clock=lambda: NOW)
    assert parked.value.until == NOW + timedelta(hours=1)


def test_a_rejected_token_gets_one_fresh_one_and_one_more_try(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(124, "Access token is expired.", 401), Reply(body=rows("a"))]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 1
    assert zoom_api.tokens == [False, True]
    assert server.seen[0].headers["authorization"] != server.seen[1].headers["authorization"]


def test_a_second_rejection_ends_with_advice_and_no_third_try(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(124, "Invalid access token.", 401)]
    with pytest.raises(AuthRefused, match="rollcall connection test") as refused:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert len(server.seen) == 2
    assert not refused.value.retry


def test_a_missing_scope_is_not_taken_for_a_bad_token(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [error(4711, "Invalid access token, does not contain scopes:[report:read:admin].", 401)]
    with pytest.raises(ScopeMissing) as missing:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert missing.value.scopes == ("report:read:admin",)
    assert zoom_api.tokens == [False]


@pytest.mark.parametrize("retry_after", ["7", "Wed, 04 Mar 2026 15:00:07 GMT", "2026-03-04T15:00:07Z"])
def test_retry_after_is_waited_for_in_full_in_every_form(
    server: ScriptedServer, zoom_api: Harness, retry_after: str
) -> None:
    server.replies = [
        error(429, "You have reached the maximum per-second rate limit", 429, **{"retry-after": retry_after}),
        Reply(body=rows("a")),
    ]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert 7.0 <= zoom_api.waits[0] <= 8.0
    assert zoom_api.feedback[0][0] is Label.HEAVY
    assert "Heavy" in zoom_api.reasons[0]


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "0"}, {"Retry-After": "2026-01-01T00:00:00Z"}, {"X-RateLimit-Reset": "1767225600"}],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_moment_that_is_past_already_does_not_use_up_all_attempts_at_once(
    server: ScriptedServer, zoom_api: Harness, status: int, headers: dict[str, str]
) -> None:
    server.replies = [Reply(status, b"", headers), Reply(status, b"", headers), Reply(body=rows())]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert sum(zoom_api.waits) >= 0.5
    assert [error.retry_at for _, error in zoom_api.feedback] == ([None, None] if status == 429 else [])


def test_a_pause_longer_than_the_policys_cap_is_still_waited_for_in_full(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(503, b"", {"Retry-After": "120"}), Reply(body=rows())]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert 120.0 <= zoom_api.waits[0] <= 121.0


def test_a_pause_of_an_hour_parks_instead_of_holding_a_worker(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(429, "too many", 429, **{"Retry-After": "3600"})]
    with pytest.raises(Parked) as parked:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert parked.value.until == NOW + timedelta(hours=1)
    assert zoom_api.waits == []


def test_a_daily_limit_parks_at_once_until_the_stated_time(server: ScriptedServer, zoom_api: Harness) -> None:
    headers = {"x-ratelimit-type": "Daily-limit", "RETRY-AFTER": "2026-03-05T00:00:00Z"}
    server.replies = [error(429, "You have reached the maximum daily rate limit", 429, **headers)]
    with pytest.raises(Parked) as parked:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert parked.value.until == datetime(2026, 3, 5, tzinfo=UTC)
    assert len(server.seen) == 1
    assert zoom_api.waits == []
    assert zoom_api.feedback[0][1].daily


def test_what_the_throttle_raises_ends_the_call_before_it_is_made(server: ScriptedServer) -> None:
    def closed(_label: Label) -> None:
        raise Parked("budget used up", NOW)

    with ZoomClient(requests.Session, server.url, lambda _: TOKEN, closed) as client:
        with pytest.raises(Parked):
            client.page(zoom.USERS)
        assert (client.calls, server.seen) == (0, [])
