"""Webhook subscriptions: make, look at, replace, delete. The key is stored before Calendly hears of it.

A user has one subscription. Calendly can neither change nor revive one, so whatever is to be different (the address,
the key, a disabled one) is a new subscription at a new address, and the old one goes once the new one is there.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.errors import AlreadyThere, NetworkFault, Parked, ServerFault, SourceError, WrongUse
from rollcall.secrets import Keyring
from rollcall.sources.addresses import checked_address
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import WEBHOOK, WEBHOOKS
from rollcall.sources.values import moment_of
from rollcall.store import webhooks
from rollcall.store.users import CalendlyUser
from rollcall.store.webhooks import Subscription
from rollcall.sync.calendly.whole_list import whole_list

EVENTS = ["invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"]
PATH = "/rollcall/webhooks/calendly/"

OLD_KEY_HOURS = 6.0
"""For so long the deliveries of a replaced subscription are still taken: they may be on their way."""

_CREATION = timedelta(minutes=10)


def create_subscription(
    conn: psycopg.Connection,
    client: CalendlyClient,
    user: CalendlyUser,
    keyring: Keyring,
    base_url: str,
    signing_key: str | None = None,
) -> Subscription:
    """Subscribe a user to deliveries at `base_url` (the Airflow API server as Calendly reaches it).

    A live subscription there is kept; any other of the user's is replaced, the new one first. `signing_key` is that of
    an OAuth app, whose deliveries Calendly signs with the app's own key; without one a key is made.
    Raises WrongUse for an address that Calendly can't use, SourceError or Parked where Calendly refuses.
    """
    base = _checked(base_url)
    for known in refresh_subscriptions(conn, client, user):
        if known.state == "active" and _suits(known, user, base):
            _remove_others(conn, client, user, known)
            return known
    return _create(conn, client, user, keyring, base, signing_key)


def rotate_subscription(
    conn: psycopg.Connection,
    client: CalendlyClient,
    user: CalendlyUser,
    keyring: Keyring,
    signing_key: str | None = None,
) -> Subscription:
    """Put a subscription with a new key in place of the user's, at the same API server; what the old one sent is taken
    for some hours more. Raises WrongUse where there is none, and what create_subscription raises."""
    known = refresh_subscriptions(conn, client, user)
    if not known:
        raise WrongUse(f"{user.email} has no webhook subscription: `rollcall calendly webhook create`.")
    base = known[-1].callback_url.partition(PATH)[0]
    return _create(conn, client, user, keyring, base, signing_key)


def refresh_subscriptions(
    conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser
) -> list[Subscription]:
    """Ask Calendly for the state of each stored subscription of the user, record it, and return those that are left,
    the oldest first. One call; none where the user has no subscription. Raises SourceError or Parked."""
    stored = webhooks.subscriptions_of(conn, user.id)
    listed = [
        row for scope in sorted({known.scope for known in stored}) for row in _listed(client, user, scope)
    ]
    by_uri = {str(row["uri"]): row for row in listed}
    # For one whose answer was lost the address is all there is; else Calendly may write it in its own way.
    by_address = {str(row.get("callback_url")): row for row in listed}
    for known in stored:
        row = by_uri.get(known.uri or "") or by_address.get(known.callback_url)
        if row is not None:
            _note(conn, known.id, row)
        elif known.state != "creating" or datetime.now(UTC) - known.created_at > _CREATION:
            webhooks.note_subscription(conn, known.id, state="deleted")
    return webhooks.subscriptions_of(conn, user.id)


def delete_subscriptions(conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser) -> int:
    """Delete all of the user's subscriptions that rollcall made, there and here; returns how many."""
    known = refresh_subscriptions(conn, client, user)
    for each in known:
        _remove(conn, client, each, key_hours=0)
    return len(known)


def _create(
    conn: psycopg.Connection,
    client: CalendlyClient,
    user: CalendlyUser,
    keyring: Keyring,
    base: str,
    signing_key: str | None,
) -> Subscription:
    public_id = secrets.token_urlsafe(24)
    key = signing_key or secrets.token_urlsafe(32)
    fields: dict[str, Any] = {
        "url": f"{base}{PATH}{public_id}",
        "events": EVENTS,
        "organization": user.calendly_organization_uri,
        "scope": user.calendly_scope,
        "signing_key": key,
    }
    if user.calendly_scope == "user":
        fields["user"] = user.calendly_user_uri
    subscription_id = webhooks.add_subscription(
        conn,
        user_id=user.id,
        public_id=public_id,
        callback_url=fields["url"],
        scope=user.calendly_scope,
        events=EVENTS,
        key_encrypted=keyring.encrypt(key),
    )
    try:
        made = _made(client, user, fields)
    except (NetworkFault, ServerFault):
        # It may have been made all the same: kept, so that its deliveries are taken and the next look finds it.
        raise
    except (SourceError, Parked, WrongUse):
        webhooks.note_subscription(conn, subscription_id, state="deleted")
        raise
    _note(conn, subscription_id, made)
    created = next(each for each in webhooks.subscriptions_of(conn, user.id) if each.id == subscription_id)
    _remove_others(conn, client, user, created)
    return created


def _made(client: CalendlyClient, user: CalendlyUser, fields: dict[str, Any]) -> dict[str, Any]:
    """The subscription at Calendly, made by this call or, where its answer was lost, found by its address."""
    try:
        return client.post(WEBHOOKS, **fields)
    except AlreadyThere:
        found = _find(client, user, fields["url"])
        if found is None:
            raise WrongUse(
                f"Calendly says that the new address of {user.email} is taken, and does not list it: run the command "
                "again, which takes another address."
            ) from None
        return found
    except (NetworkFault, ServerFault):
        found = _find(client, user, fields["url"])
        if found is None:
            raise
        return found


def _find(client: CalendlyClient, user: CalendlyUser, callback_url: str) -> dict[str, Any] | None:
    listed = _listed(client, user, user.calendly_scope)
    return next((row for row in listed if row.get("callback_url") == callback_url), None)


def _listed(client: CalendlyClient, user: CalendlyUser, scope: str) -> list[dict[str, Any]]:
    params = {"organization": user.calendly_organization_uri or "", "scope": scope}
    if scope == "user":
        params["user"] = user.calendly_user_uri or ""
    rows = whole_list(client, WEBHOOKS, **params)
    return [row for row in rows if isinstance(row, dict) and row.get("uri")]


def _note(conn: psycopg.Connection, subscription_id: int, row: dict[str, Any]) -> None:
    webhooks.note_subscription(
        conn,
        subscription_id,
        state="disabled" if row.get("state") == "disabled" else "active",
        uri=str(row["uri"]),
        retry_started_at=moment_of(row.get("retry_started_at")),
    )


def _suits(known: Subscription, user: CalendlyUser, base: str) -> bool:
    return (
        known.callback_url.startswith(f"{base}{PATH}")
        and known.scope == user.calendly_scope
        and set(known.events) == set(EVENTS)
    )


def _remove_others(
    conn: psycopg.Connection, client: CalendlyClient, user: CalendlyUser, kept: Subscription
) -> None:
    for known in webhooks.subscriptions_of(conn, user.id):
        if known.id != kept.id:
            _remove(conn, client, known, key_hours=OLD_KEY_HOURS)


def _remove(conn: psycopg.Connection, client: CalendlyClient, known: Subscription, key_hours: float) -> None:
    if known.uri:
        client.delete(WEBHOOK, known.uri)
    with conn.transaction():
        webhooks.retire_keys(conn, known.id, key_hours)
        webhooks.note_subscription(conn, known.id, state="deleted")


def _checked(base_url: str) -> str:
    """The address without a slash at its end; whatever Calendly can't deliver to is refused here."""
    parts = checked_address(base_url, "API server's address", "https://airflow.example.com")
    return parts._replace(path=parts.path.rstrip("/")).geturl()
