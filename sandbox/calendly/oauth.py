"""Who may call: personal access tokens, and OAuth with refresh tokens that work once (reference, section 4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sandbox.calendly.refusals import answer, oauth_refusal
from sandbox.calendly.world import User, World
from sandbox.credentials import basic, bearer
from sandbox.wire import Reply, Request

TOKEN = "sandbox-calendly-token"  # noqa: S105 - a made-up secret that anyone may know
MEMBER_TOKEN = "sandbox-calendly-member-token"  # noqa: S105 - likewise
CLIENT_ID = "sandbox-calendly-client"
CLIENT_SECRET = "sandbox-calendly-secret"  # noqa: S105 - likewise
REFRESH_TOKEN = "sandbox-calendly-refresh"  # noqa: S105 - likewise
LIFETIME = 7200
TOKEN_REQUESTS_A_MINUTE = 8
SCOPES = (
    "users:read",
    "organizations:read",
    "event_types:read",
    "scheduled_events:read",
    "webhooks:write",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The user that a token acts as."""

    user: User
    expires: float | None = None


@dataclass(slots=True)
class Grants:
    """The tokens that are alive, the one refresh token that works, and the scopes that all of them have.

    `TOKEN` acts as the organization's owner, `MEMBER_TOKEN` as a plain member; neither expires.
    """

    clock: Callable[[], float]
    world: World
    limited: bool = False
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    refresh_token: str = REFRESH_TOKEN
    alive: dict[str, Caller] = field(default_factory=dict)
    _asked: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        member = next(user for user in self.world.users if user.role == "user")
        self.alive |= {TOKEN: Caller(self.world.users[0]), MEMBER_TOKEN: Caller(member)}

    def serve(self, request: Request) -> Reply:
        """Answer POST /oauth/token and /oauth/revoke, which take forms."""
        form = dict(parse_qsl(request.body.decode("latin-1")))
        if request.method != "POST":
            return oauth_refusal(405, "invalid_request", "Method not allowed")
        client = basic(request) or (form.get("client_id"), form.get("client_secret"))
        if client != (CLIENT_ID, CLIENT_SECRET):
            return oauth_refusal(401, "invalid_client", "Client authentication failed")
        if request.path == "/oauth/revoke":
            self.alive.pop(form.get("token", ""), None)
            return answer({})
        now = self.clock()
        self._asked = [moment for moment in self._asked if moment > now - 60]
        if self.limited and len(self._asked) >= TOKEN_REQUESTS_A_MINUTE:
            return Reply(429, [b"Too many requests"], content_type=b"text/plain")
        self._asked.append(now)
        if form.get("grant_type") != "refresh_token":
            return oauth_refusal(400, "unsupported_grant_type", "The grant type is not supported")
        if form.get("refresh_token") != self.refresh_token:
            return oauth_refusal(400, "invalid_grant", "The provided authorization grant is invalid")
        return self._refreshed(now)

    def _refreshed(self, now: float) -> Reply:
        token, self.refresh_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        owner = self.world.users[0]
        self.alive[token] = Caller(owner, now + LIFETIME)
        return answer(
            {
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "created_at": int(now),
                "refresh_token": self.refresh_token,
                "access_token": token,
                "scope": " ".join(self.scopes),
                "owner": owner.uri,
            }
        )

    def caller(self, request: Request) -> Caller | None:
        """Whose token this request carries, if it is alive."""
        found = self.alive.get(bearer(request))
        dead = found is not None and found.expires is not None and self.clock() >= found.expires
        return None if dead else found

    def revoke(self, request: Request) -> None:
        """Let the token of this request die."""
        self.alive.pop(bearer(request), None)

    def has(self, scope: str) -> bool:
        """Whether a scope is granted; write includes read."""
        return scope in self.scopes or scope.replace(":read", ":write") in self.scopes
