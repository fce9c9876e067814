"""Calendly's token endpoint over real HTTP: the form, the rotating pair, and what each refusal means."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from rollcall.errors import AuthRefused, Parked, RateLimited, ReconnectNeeded, ServerFault
from rollcall.sources.calendly.tokens import refresh_tokens
from rollcall.sources.token_endpoint import TokenAnswer
from tests.contract.calendly_client_harness import NOW, USER
from tests.contract.scripted_server import Reply, ScriptedServer

GRANTED = {
    "token_type": "Bearer",
    "access_token": "access-2",
    "refresh_token": "refresh-2",
    "expires_in": 7200,
    "created_at": 1763631000,
    "scope": "users:read scheduled_events:read",
    "owner": USER,
}


def refreshed(server: ScriptedServer, waits: list[float] | None = None) -> TokenAnswer:
    sleep = [] if waits is None else waits
    with requests.Session() as session:
        return refresh_tokens(
            session,
            server.url,
            "client-1",
            "sécret",
            "refresh-1",
            clock=lambda: NOW,
            sleep=sleep.append,
        )


def test_a_refresh_gives_the_pair_that_replaces_the_old_one(server: ScriptedServer) -> None:
    server.replies = [Reply(body=GRANTED)]
    answer = refreshed(server)
    assert (answer.access_token, answer.refresh_token) == ("access-2", "refresh-2")
    assert answer.expires_at == NOW + timedelta(hours=2)
    assert answer.scopes == ("users:read", "scheduled_events:read")
    assert "access-2" not in repr(answer)
    assert "refresh-2" not in repr(answer)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/oauth/token")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["refresh-1"]}
    assert (
        base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")) == "client-1:sécret".encode()
    )


@pytest.mark.parametrize(
    ("status", "word", "error"),
    [
        (400, "invalid_grant", ReconnectNeeded),
        (401, "invalid_grant", ReconnectNeeded),
        (401, "invalid_client", AuthRefused),
        (403, "anna@example.test is not welcome", AuthRefused),
        (400, ["invalid_grant"], AuthRefused),
    ],
)
def test_a_refusal_is_told_by_its_word_and_shows_nothing_else(
    server: ScriptedServer, status: int, word: Any, error: type[AuthRefused]
) -> None:
    server.replies = [Reply(status, {"error": word, "error_description": "anna@example.test refresh-1"})]
    with pytest.raises(error) as refused:
        refreshed(server)
    assert type(refused.value) is error
    assert len(server.seen) == 1
    assert "anna" not in str(refused.value)
    assert "refresh-1" not in str(refused.value)


def test_a_refresh_is_sent_at_most_twice(server: ScriptedServer) -> None:
    server.replies = [Reply(500, b"<html>")]
    with pytest.raises(ServerFault):
        refreshed(server)
    assert len(server.seen) == 2


def test_eight_a_minute_are_waited_out_by_the_minute(server: ScriptedServer) -> None:
    server.replies = [Reply(429, b"")]
    waits: list[float] = []
    with pytest.raises(RateLimited):
        refreshed(server, waits)
    assert len(server.seen) == 3
    assert all(60.0 <= wait <= 61.0 for wait in waits)


def test_a_long_pause_of_calendlys_token_endpoint_parks(server: ScriptedServer) -> None:
    server.replies = [Reply(429, b"", {"Retry-After": "3600"})]
    with pytest.raises(Parked) as parked:
        refreshed(server)
    assert parked.value.until == NOW + timedelta(hours=1)


def test_an_answer_without_a_token_is_no_token(server: ScriptedServer) -> None:
    server.replies = [Reply(body=b"<html>sign in</html>")]
    with pytest.raises(ServerFault, match="OAuth address"):
        refreshed(server)
