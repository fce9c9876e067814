"""People whose Calendly rollcall reads: connect, test, list, switch off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from rollcall.errors import ScopeMissing, UnknownConnection, WrongUse
from rollcall.sources.calendly.addresses import API_URL, OAUTH_URL, api_address, oauth_address
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import EVENT_TYPES, EVENTS, MEMBERSHIPS, WEBHOOKS, Endpoint
from rollcall.sources.calendly.tokens import OAUTH, PERSONAL, PersonalToken, refresh_tokens
from rollcall.sources.retry import RetryPolicy
from rollcall.sources.token_endpoint import is_sendable
from rollcall.store import users
from rollcall.store.users import CalendlyUser
from rollcall.sync.calendly.standing import Standing, ask_standing
from rollcall.sync.calendly.tokens import token_source
from rollcall.sync.run_session import Resources, stored_policies

MAY_READ_ALL = frozenset({"owner", "admin"})


@dataclass(frozen=True)
class App:
    """An OAuth app and what it got for a user; the repr shows neither secret."""

    client_id: str
    client_secret: str
    refresh_token: str

    def __repr__(self) -> str:
        return f"App({self.client_id})"


@dataclass(frozen=True)
class Proof:
    """What a token turned out to be good for. `lacking` are the endpoints that were refused, with the sentence why."""

    standing: Standing
    lacking: tuple[tuple[Endpoint, str], ...]

    @property
    def passed(self) -> bool:
        """True where every endpoint that a sync or a webhook uses was answered."""
        return not self.lacking


def connect(
    resources: Resources,
    conn: psycopg.Connection,
    credentials: str | App,
    *,
    scope: str = "user",
    api_url: str = API_URL,
    oauth_url: str = OAUTH_URL,
) -> Proof:
    """Ask Calendly whose the credentials (a personal token, or an App) are and what they allow, and store them.

    Connecting again replaces them and switches the user on. Raises WrongUse where the personal token can be none, or
    where `scope` is organization and the user's role does not allow that; ReconnectNeeded or another SourceError where
    the credentials are refused. Nothing is stored then, and an app's refresh token is used up.
    """
    api_url, oauth_url = api_address(api_url), oauth_address(oauth_url)
    policies = stored_policies(conn)
    token, refresh_token, expires_at = _tokens(resources, credentials, oauth_url, policies)
    with _client(resources, api_url, PersonalToken(token), policies) as client:
        proof = prove(client, scope)
    ring = resources.keyring()
    app = credentials if isinstance(credentials, App) else None
    users.connect_user(
        conn,
        email=proof.standing.email,
        user_uri=proof.standing.user_uri,
        organization_uri=proof.standing.organization_uri,
        role=proof.standing.role,
        scope=scope,
        token_kind=OAUTH if app else PERSONAL,
        api_url=api_url,
        oauth_url=oauth_url,
        client_id=app.client_id if app else None,
        client_secret_encrypted=ring.encrypt(app.client_secret) if app else None,
        token_encrypted=ring.encrypt(token),
        refresh_token_encrypted=ring.encrypt(refresh_token) if refresh_token else None,
        token_expires_at=expires_at,
    )
    return proof


def test_user(resources: Resources, conn: psycopg.Connection, email: str) -> Proof:
    """Ask the same of a stored user. A personal token that was declared dead is tried again; one that works is usable
    again. Raises UnknownConnection, and what connect raises."""
    user = find_user(conn, email)
    if user.calendly_token_kind == PERSONAL:
        user = replace(user, calendly_reconnect_needed_at=None)
    with client_of(resources, conn, user) as client:
        proof = prove(client, user.calendly_scope)
    standing = proof.standing
    users.note_user_standing(
        conn,
        user.id,
        user_uri=standing.user_uri,
        organization_uri=standing.organization_uri,
        role=standing.role,
    )
    return proof


def find_user(conn: psycopg.Connection, email: str) -> CalendlyUser:
    """The user with that e-mail or id. Raises UnknownConnection, naming who there is."""
    found = users.find_user(conn, email)
    if found is None:
        names = ", ".join(user.email for user in users.read_users(conn))
        raise UnknownConnection(
            f"There is no Calendly user {email!r}: "
            + (f"choose one of {names}." if names else "connect one with `rollcall calendly connect`.")
        )
    return found


def switch(conn: psycopg.Connection, email: str, *, active: bool) -> CalendlyUser:
    """Switch a user's syncs on or off. Raises UnknownConnection."""
    user = find_user(conn, email)
    users.set_user_active(conn, user.id, active)
    return user


def client_of(resources: Resources, conn: psycopg.Connection, user: CalendlyUser) -> CalendlyClient:
    """A client with the user's stored token, for a few calls: it tries again as a sync does, but keeps no pace. A
    context manager."""
    policies = stored_policies(conn)
    return _client(resources, user.calendly_api_url, token_source(resources, user, policies), policies)


def prove(client: CalendlyClient, scope: str) -> Proof:
    """Call each endpoint that syncs and webhooks use once. Raises WrongUse where the role does not allow `scope`, and a
    SourceError where it is not a matter of rights."""
    standing = ask_standing(client)
    owner = (
        {"organization": standing.organization_uri}
        if scope == "organization"
        else {"user": standing.user_uri}
    )
    if scope == "organization" and standing.role is not None and standing.role not in MAY_READ_ALL:
        raise _role_too_low(standing)
    calls: list[tuple[Endpoint, dict[str, str]]] = [
        (EVENTS, owner),
        (EVENT_TYPES, owner),
        (WEBHOOKS, {**owner, "organization": standing.organization_uri, "scope": scope}),
    ]
    if standing.role is None:
        calls.insert(0, (MEMBERSHIPS, {"organization": standing.organization_uri, "user": standing.user_uri}))
    lacking = []
    for endpoint, params in calls:
        try:
            client.page(endpoint, **params)
        except ScopeMissing as refused:
            if endpoint is EVENTS and scope == "organization" and not refused.scopes:
                raise _role_too_low(standing) from None
            lacking.append((endpoint, str(refused)))
    return Proof(standing, tuple(lacking))


def _role_too_low(standing: Standing) -> WrongUse:
    return WrongUse(
        f"{standing.email} is no owner or admin of the organization, and only they may read everybody's meetings: "
        "let one of them connect, or connect with --scope user."
    )


def _client(
    resources: Resources,
    api_url: str,
    token: Callable[[bool], str],
    policies: Mapping[str, RetryPolicy],
) -> CalendlyClient:
    return CalendlyClient(resources.session_factory, api_url, token, lambda: None, retry_policies=policies)


def _tokens(
    resources: Resources, credentials: str | App, oauth_url: str, policies: Mapping[str, RetryPolicy]
) -> tuple[str, str | None, datetime | None]:
    if isinstance(credentials, str):
        if not is_sendable(credentials):
            raise WrongUse(
                "The personal access token is empty or has characters that no token has: copy it once more."
            )
        return credentials, None, None
    with resources.session_factory() as session:
        answer = refresh_tokens(
            session,
            oauth_url,
            credentials.client_id,
            credentials.client_secret,
            credentials.refresh_token,
            retry_policies=policies,
        )
    return answer.access_token, answer.refresh_token or credentials.refresh_token, answer.expires_at
