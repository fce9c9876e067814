"""Webhook subscriptions: make, look at, replace, delete. The key is stored before Calendly hears of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import psycopg

from rollcall.errors import AlreadyThere, NetworkFault, ServerFault, SourceError, WrongUse
from rollcall.secrets import Keyring
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import WEBHOOK, WEBHOOKS
from rollcall.store import webhooks
from rollcall.store.users import CalendlyUser
from rollcall.store.webhooks import Subscription

EVENTS = ["invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"]
PATH = "/rollcall/webhooks/calendly/"


def create_subscription(
    conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser, keyring: Keyring, base_url: str
) -> Subscription:
    """Subscribe a user to deliveries at `base_url` (the Airflow API server as Calendly reaches it).

    A live subscription at the same address is kept; a disabled one is replaced, the new one first. Raises WrongUse
    for an address that Calendly can't use, SourceError where Calendly refuses.
    """
    base = _checked(base_url)
    for known in refresh_subscriptions(conn, client, user):
        if known.state == "active" and known.callback_url.startswith(f"{base}{PATH}"):
            return known
    public_id = secrets.token_urlsafe(24)
    key = secrets.token_urlsafe(32)
    callback_url = f"{base}{PATH}{public_id}"
    subscription_id = webhooks.add_subscription(
        conn,
        user_id=user.id,
        public_id=public_id,
        callback_url=callback_url,
        scope=user.calendly_scope,
        events=EVENTS,
        key_encrypted=keyring.encrypt(key),
    )
    fields: dict[str, Any] = {
        "url": callback_url,
        "events": EVENTS,
        "organization": user.calendly_organization_uri,
        "scope": user.calendly_scope,
        "signing_key": key,
    }
    if user.calendly_scope == "user":
        fields["user"] = user.calendly_user_uri
    try:
        made = _made(client, user, fields)
    except (SourceError, WrongUse):
        webhooks.note_subscription(conn, subscription_id, state="deleted")
        raise
    _note(conn, subscription_id, made)
    for known in webhooks.subscriptions_of(conn, user.id):
        if known.id != subscription_id and known.state != "active":
            _remove(conn, client, known)
    return next(each for each in webhooks.subscriptions_of(conn, user.id) if each.id == subscription_id)


def refresh_subscriptions(
    conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser
) -> list[Subscription]:
    """Ask Calendly for the state of each stored subscription of the user, and record it."""
    theirs = {str(row.get("callback_url")): row for row in _listed(client, user)}
    for known in webhooks.subscriptions_of(conn, user.id):
        row = theirs.get(known.callback_url)
        if row is not None:
            _note(conn, known.id, row)
        else:
            webhooks.note_subscription(conn, known.id, state="deleted")
    return webhooks.subscriptions_of(conn, user.id)


def delete_subscriptions(conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser) -> int:
    """Delete all of the user's subscriptions that rollcall made, there and here; returns how many."""
    known = refresh_subscriptions(conn, client, user)
    for each in known:
        _remove(conn, client, each)
    return len(known)


def _made(client: CalendlyClient, user: CalendlyUser, fields: dict[str, Any]) -> dict[str, Any]:
    """The subscription at Calendly, made by this call or, where its answer was lost, found by its address."""
    try:
        return client.post(WEBHOOKS, **fields)
    except AlreadyThere:
        return _adopt(client, user, fields["url"])
    except (NetworkFault, ServerFault):
        found = _find(client, user, fields["url"])
        if found is None:
            raise
        return found


def _adopt(client: CalendlyClient, user: CalendlyUser, callback_url: str) -> dict[str, Any]:
    found = _find(client, user, callback_url)
    if found is None:
        raise WrongUse(
            f"Calendly has a subscription at the new address of {user.email} already but does not list it: another "
            "user's token may have made it. Run the command again, which takes another address."
        )
    return found


def _find(client: CalendlyClient, user: CalendlyUser, callback_url: str) -> dict[str, Any] | None:
    return next((row for row in _listed(client, user) if row.get("callback_url") == callback_url), None)


def _listed(client: CalendlyClient, user: CalendlyUser) -> list[dict[str, Any]]:
    params = {"organization": user.calendly_organization_uri or "", "scope": user.calendly_scope}
    if user.calendly_scope == "user":
        params["user"] = user.calendly_user_uri or ""
    return [row for page in client.pages(WEBHOOKS, **params) for row in page.rows]


def _note(conn: psycopg.Connection, subscription_id: int, row: dict[str, Any]) -> None:
    started = row.get("retry_started_at")
    webhooks.note_subscription(
        conn,
        subscription_id,
        state="disabled" if row.get("state") == "disabled" else "active",
        uri=str(row["uri"]),
        retry_started_at=datetime.fromisoformat(started) if isinstance(started, str) else None,
    )


def _remove(conn: psycopg.Connection, client: CalendlyClient, known: Subscription) -> None:
    if known.uri:
        client.delete(WEBHOOK, known.uri)
    webhooks.note_subscription(conn, known.id, state="deleted")


def _checked(base_url: str) -> str:
    base = base_url.rstrip("/")
    if (
        not base.startswith(("https://", "http://127.0.0.1", "http://localhost"))
        or "?" in base
        or "#" in base
    ):
        raise WrongUse(
            f"{base_url!r} is no address that Calendly can deliver to: give the API server's public one, like "
            "https://airflow.example.com, without a redirect behind it."
        )
    return base
