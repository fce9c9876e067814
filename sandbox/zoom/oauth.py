"""The token endpoint: server-to-server grants and rotating refresh tokens (Zoom API reference, section 5)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import orjson

from sandbox.credentials import basic, bearer
from sandbox.wire import Reply, Request

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - a made-up secret that anyone may know
ACCOUNT_ID = "sandbox-account"
REFRESH_TOKEN = "sandbox-refresh"  # noqa: S105 - likewise
LIFETIME = 3600


def _refused(status: int, error: str, reason: str) -> Reply:
    return Reply(status, [orjson.dumps({"reason": reason, "error": error})])


@dataclass(slots=True)
class Grants:
    """Who may call: the access tokens that are alive and the one refresh token that works."""

    clock: Callable[[], float]
    scopes: list[str]
    api_url: str = ""
    refresh_token: str = REFRESH_TOKEN
    alive: dict[str, float] = field(default_factory=dict)

    def grant(self, request: Request) -> Reply:
        """Answer POST /oauth/token; parameters may stand in the query or in the body."""
        if request.method != "POST":
            return _refused(405, "invalid_request", "Method not allowed")
        params = dict(parse_qsl(request.query)) | dict(parse_qsl(request.body.decode("latin-1")))
        if basic(request) != (CLIENT_ID, CLIENT_SECRET):
            return _refused(401, "invalid_client", "Invalid client_id or client_secret")
        match params.get("grant_type"):
            case "account_credentials":
                if params.get("account_id") != ACCOUNT_ID:
                    return _refused(400, "invalid_request", "Bad Request")
                return self._answer({})
            case "refresh_token":
                if params.get("refresh_token") != self.refresh_token:
                    return _refused(400, "invalid_grant", "Invalid Token!")
                self.refresh_token = secrets.token_urlsafe(24)
                return self._answer({"refresh_token": self.refresh_token})
            case _:
                return _refused(400, "unsupported_grant_type", "unsupported grant type")

    def _answer(self, more: dict[str, str]) -> Reply:
        token = secrets.token_urlsafe(24)
        self.alive[token] = self.clock() + LIFETIME
        body = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": LIFETIME - 1,
            "scope": " ".join(self.scopes),
            "api_url": self.api_url,
            **more,
        }
        return Reply(200, [orjson.dumps(body)])

    def accepts(self, request: Request) -> bool:
        """Whether the request carries a bearer token that is alive."""
        return self.clock() < self.alive.get(bearer(request), 0.0)

    def revoke(self, request: Request) -> None:
        """Let the token of this request die."""
        self.alive.pop(bearer(request), None)
