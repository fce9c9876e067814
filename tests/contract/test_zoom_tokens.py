"""Zoom's token endpoint over real HTTP: what it grants, and what each refusal means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from rollcall.errors import AuthRefused, RateLimited, ReconnectNeeded, ServerFault, SourceError
from rollcall.sources.token_endpoint import TokenAnswer
from rollcall.sources.zoom.oauth import OAUTH, SERVER_TO_SERVER, fetch_token
from tests.contract.scripted_server import Reply, ScriptedServer
from tests.contract.zoom_client_harness import NOW


def fetched(server: ScriptedServer, kind: str = OAUTH) -> TokenAnswer:
    with requests.Session() as session:
        return fetch_token(
            session,
            server.url,
            kind,
            "account-1",
            "client-1",
            "secret-1",
            "refresh-1",
            clock=lambda: NOW,
            sleep=lambda _seconds: None,
        )


@pytest.mark.parametrize(
    ("kind", "status", "body", "error"),
    [
        (OAUTH, 400, {"error": "invalid_grant"}, ReconnectNeeded),
        (SERVER_TO_SERVER, 400, {"error": "invalid_grant"}, ReconnectNeeded),
        (OAUTH, 400, {"error": "invalid_request", "reason": "Invalid Token!"}, ReconnectNeeded),
        (OAUTH, 400, {"error": "invalid_request", "reason": "Invalid redirect"}, AuthRefused),
        (SERVER_TO_SERVER, 400, {"error": "invalid_request", "reason": "Invalid Token!"}, AuthRefused),
        (SERVER_TO_SERVER, 400, {"code": 4735}, ReconnectNeeded),
        (OAUTH, 401, {"errorCode": 4741}, ReconnectNeeded),
        (OAUTH, 400, {"code": 4702}, AuthRefused),
        (OAUTH, 401, {"error": "invalid_client"}, AuthRefused),
    ],
)
def test_dead_credentials_are_told_from_wrong_ones(
    server: ScriptedServer, kind: str, status: int, body: dict[str, Any], error: type[SourceError]
) -> None:
    server.replies = [Reply(status, {"reason": "anna@example.test", **body})]
    with pytest.raises(error) as refused:
        fetched(server, kind)
    assert type(refused.value) is error
    assert len(server.seen) == 1
    said = [str(body[name]) for name in ("error", "code", "errorCode") if name in body]
    assert all(word in str(refused.value) for word in [f"HTTP {status}", *said])
    assert "anna" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "error"), [(500, ServerFault), (503, ServerFault), (302, ServerFault), (429, RateLimited)]
)
def test_what_may_pass_is_tried_again(server: ScriptedServer, status: int, error: type[SourceError]) -> None:
    server.replies = [Reply(status, b"")]
    with pytest.raises(error):
        fetched(server, SERVER_TO_SERVER)
    assert len(server.seen) > 2


def test_a_refresh_token_is_sent_at_most_twice(server: ScriptedServer) -> None:
    server.replies = [Reply(500, b"")]
    with pytest.raises(ServerFault):
        fetched(server, OAUTH)
    assert len(server.seen) == 2


@pytest.mark.parametrize("token", ["", " ", "a\r\nX: 1", "a\x00", "tok\u2026", ["access-1"], None])
def test_a_token_that_no_header_takes_is_none(server: ScriptedServer, token: object) -> None:
    server.replies = [Reply(body={"access_token": token})]
    with pytest.raises(ServerFault, match="without a usable token"):
        fetched(server)


@pytest.mark.parametrize(
    "lifetime",
    [{}, {"expires_in": 0}, {"expires_in": "soon"}, {"expires_in": True}, {"expires_in": 10**9}],
)
def test_a_token_without_a_usable_lifetime_lives_an_hour(
    server: ScriptedServer, lifetime: dict[str, Any]
) -> None:
    server.replies = [Reply(body={"access_token": "access-1", **lifetime})]
    assert fetched(server).expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("a:b c:d", ("a:b", "c:d")),
        ("a:b,c:d", ("a:b", "c:d")),
        ("a:b\x00 c:d", ("a:b\ufffd", "c:d")),
        (" ", None),
        (None, None),
        (["a:b"], None),
    ],
)
def test_scopes_come_with_spaces_or_commas_or_not_at_all(
    server: ScriptedServer, scope: object, scopes: tuple[str, ...] | None
) -> None:
    server.replies = [Reply(body={"access_token": "access-1", "scope": scope})]
    assert fetched(server).scopes == scopes
