"""Webhook subscriptions, their keys, and what they delivered. One function per SQL function where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

_COLUMNS = "id, user_id, public_id, uri, callback_url, scope, events, state, retry_started_at, checked_at, created_at"


@dataclass(frozen=True)
class Subscription:
    """A row of calendly_webhook_subscriptions."""

    id: int
    user_id: int
    public_id: str
    uri: str | None
    callback_url: str
    scope: str
    events: list[str]
    state: str
    retry_started_at: datetime | None
    checked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Delivery:
    """A stored delivery: its id, whose it is, and whether it was the first of its kind."""

    event_id: int
    user_id: int
    is_new: bool


@dataclass(frozen=True)
class Waiting:
    """A delivery that is not applied yet, locked by this transaction."""

    event_id: int
    raw_body: bytes


@dataclass(frozen=True)
class Refusals:
    """Deliveries turned away for one reason."""

    reason: str
    refusals: int
    last_refused_at: datetime


@dataclass(frozen=True)
class Traffic:
    """When the last delivery was kept, how many wait to be applied, how many no one could read."""

    last_delivery_at: datetime | None
    waiting: int
    unreadable: int


def add_subscription(
    conn: psycopg.Connection,
    *,
    user_id: int,
    public_id: str,
    callback_url: str,
    scope: str,
    events: list[str],
    key_encrypted: str,
) -> int:
    """Store a subscription that is about to be made, with its key: a delivery may come before the answer does."""
    with conn.transaction():
        row = conn.execute(
            "INSERT INTO calendly_webhook_subscriptions (user_id, public_id, callback_url, scope, events)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            (user_id, public_id, callback_url, scope, events),
        ).fetchone()
        if row is None:
            raise RuntimeError("INSERT … RETURNING returned no row")
        add_key(conn, row[0], key_encrypted)
    return int(row[0])


def add_key(conn: psycopg.Connection, subscription_id: int, key_encrypted: str) -> None:
    """Add a signing key; those before it hold until they are retired."""
    conn.execute(
        "INSERT INTO calendly_webhook_keys (subscription_id, key_encrypted) VALUES (%s, %s)",
        (subscription_id, key_encrypted),
    )


def note_subscription(
    conn: psycopg.Connection,
    subscription_id: int,
    *,
    state: str,
    uri: str | None = None,
    retry_started_at: datetime | None = None,
) -> None:
    """Record what Calendly says of a subscription, and whether its user has a live one."""
    with conn.transaction():
        conn.execute(
            "UPDATE calendly_webhook_subscriptions SET state = %s, uri = coalesce(%s, uri), retry_started_at = %s,"
            " checked_at = now(), updated_at = now() WHERE id = %s",
            (state, uri, retry_started_at, subscription_id),
        )
        conn.execute(
            """
            UPDATE users u SET calendly_webhook_enabled = live.is_live
            FROM (
                SELECT s.user_id, EXISTS (
                    SELECT FROM calendly_webhook_subscriptions o WHERE o.user_id = s.user_id AND o.state = 'active'
                ) AS is_live
                FROM calendly_webhook_subscriptions s WHERE s.id = %s
            ) live
            WHERE u.id = live.user_id AND u.calendly_webhook_enabled <> live.is_live
            """,
            (subscription_id,),
        )


def subscriptions_of(conn: psycopg.Connection, user_id: int) -> list[Subscription]:
    """All subscriptions of a user that are not deleted, the oldest first."""
    with conn.cursor(row_factory=class_row(Subscription)) as cursor:
        query = (
            f"SELECT {_COLUMNS} FROM calendly_webhook_subscriptions WHERE user_id = %s AND state <> 'deleted'"  # noqa: S608 - a constant
        )
        return cursor.execute(f"{query} ORDER BY id".encode(), (user_id,)).fetchall()


def keys_of(conn: psycopg.Connection, public_id: str) -> list[str] | None:
    """The encrypted keys that hold for a callback address, the newest first; None where there is no such subscription.

    A deleted one is there as long as a key of it holds: its last deliveries may be on their way.
    """
    rows = conn.execute(
        """
        SELECT k.key_encrypted
        FROM calendly_webhook_subscriptions s
        LEFT JOIN calendly_webhook_keys k ON k.subscription_id = s.id AND (k.retired_at IS NULL OR k.retired_at > now())
        WHERE s.public_id = %s AND (s.state <> 'deleted' OR k.retired_at IS NOT NULL)
        ORDER BY k.id DESC
        """,
        (public_id,),
    ).fetchall()
    return [key for (key,) in rows if key is not None] if rows else None


def retire_keys(conn: psycopg.Connection, subscription_id: int, hours: float) -> None:
    """Let the keys of a subscription hold for so many more hours."""
    conn.execute(
        "UPDATE calendly_webhook_keys SET retired_at = now() + make_interval(secs => %s)"
        " WHERE subscription_id = %s AND retired_at IS NULL",
        (hours * 3600, subscription_id),
    )


def read_keys(conn: psycopg.Connection) -> list[tuple[int, str]]:
    """Id and text of all encrypted keys, held until this transaction ends."""
    return list(
        conn.execute("SELECT id, key_encrypted FROM calendly_webhook_keys ORDER BY id FOR UPDATE").fetchall()
    )


def replace_key(conn: psycopg.Connection, key_id: int, key_encrypted: str) -> None:
    """Store the same key, encrypted anew."""
    conn.execute("UPDATE calendly_webhook_keys SET key_encrypted = %s WHERE id = %s", (key_encrypted, key_id))


def store_delivery(
    conn: psycopg.Connection,
    *,
    public_id: str,
    delivery_key: str,
    event_type: str | None,
    payload_uri: str | None,
    raw_body: bytes,
    sent_at: datetime | None,
    apply_status: str,
    apply_message: str | None,
) -> Delivery | None:
    """Store a verified delivery, or count it where it is known; None where there is no such subscription."""
    row = conn.execute(
        "SELECT event_id, user_id, is_new FROM store_webhook_delivery(%s, %s, %s, %s, %s, %s, %s, %s)",
        (public_id, delivery_key, event_type, payload_uri, raw_body, sent_at, apply_status, apply_message),
    ).fetchone()
    return Delivery(int(row[0]), int(row[1]), bool(row[2])) if row and row[0] is not None else None


def count_refusal(conn: psycopg.Connection, public_id: str, reason: str) -> None:
    """Count a delivery that was turned away; nothing of it is kept."""
    conn.execute("SELECT count_webhook_refusal(%s, %s)", (public_id, reason))


def read_refusals(conn: psycopg.Connection, user_id: int, days: int) -> list[Refusals]:
    """What was turned away from the user's subscriptions in the last days, by reason."""
    with conn.cursor(row_factory=class_row(Refusals)) as cursor:
        return cursor.execute(
            """
            SELECT r.reason, sum(r.refusals)::integer AS refusals, max(r.last_refused_at) AS last_refused_at
            FROM calendly_webhook_refusals r
            JOIN calendly_webhook_subscriptions s ON s.id = r.subscription_id
            WHERE s.user_id = %s AND r.last_refused_at > now() - make_interval(days => %s)
            GROUP BY r.reason
            ORDER BY r.reason
            """,
            (user_id, days),
        ).fetchall()


def read_traffic(conn: psycopg.Connection, user_id: int) -> Traffic:
    """What arrived for the user and was kept."""
    with conn.cursor(row_factory=class_row(Traffic)) as cursor:
        found = cursor.execute(
            """
            SELECT
                max(e.last_seen_at) AS last_delivery_at,
                count(*) FILTER (WHERE e.apply_status IN ('pending', 'failed')) AS waiting,
                count(*) FILTER (WHERE e.apply_status = 'unreadable') AS unreadable
            FROM calendly_webhook_events e
            WHERE e.user_id = %s
            """,
            (user_id,),
        ).fetchone()
    if found is None:
        raise RuntimeError("an aggregate returned no row")
    return found


def take_waiting(conn: psycopg.Connection, user_id: int, after_id: int) -> Waiting | None:
    """Lock the user's next delivery that is not applied yet, behind `after_id`."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        found = cursor.execute("SELECT * FROM take_webhook_event(%s, %s)", (user_id, after_id)).fetchone()
    return found if found and found.event_id is not None else None


def settle_delivery(conn: psycopg.Connection, event_id: int, status: str, message: str | None) -> None:
    """Record what became of a delivery: applied, outdated, unreadable or failed; nothing personal in `message`."""
    conn.execute("SELECT settle_webhook_event(%s, %s, %s)", (event_id, status, message))
