"""Webhook deliveries: verified and stored first, applied afterwards, each in a transaction of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from rollcall.errors import SignatureRefused, WebhookUnreadable
from rollcall.secrets import Keyring
from rollcall.sources.calendly.signatures import verify_signature
from rollcall.sources.calendly.webhooks import WebhookRecord, webhook_record
from rollcall.store import meetings, webhooks

MOST_BYTES = 1024 * 1024
"""A delivery is some thousand bytes; nobody needs a megabyte."""

TOLERANCE_SECONDS = 300
"""How far a signature's time may be from ours, unless set otherwise."""


@dataclass(frozen=True)
class Received:
    """The answer: HTTP status, a sentence, and whose deliveries wait to be applied now, if any."""

    status: int
    message: str
    user_id: int | None = None


def receive(
    connect: Callable[[], psycopg.Connection],
    keyring: Callable[[], Keyring],
    public_id: str,
    signature: str | None,
    body: bytes | None,
    *,
    tolerance_seconds: int = TOLERANCE_SECONDS,
    now: datetime | None = None,
) -> Received:
    """Verify a delivery's raw body and store it. A body of None was larger than MOST_BYTES.

    What can't be trusted is counted by reason and leaves nothing else; what is signed but not of a known shape is
    kept for a person to see.
    """
    with closing(connect()) as conn:
        encrypted = webhooks.keys_of(conn, public_id)
        if encrypted is None:
            return Received(404, "There is no such subscription.")
        if body is None:
            webhooks.count_refusal(conn, public_id, "too_large")
            return Received(413, f"A delivery may have {MOST_BYTES} bytes.")
        ring = keyring()
        try:
            verify_signature(
                signature,
                body,
                [ring.decrypt(key) for key in encrypted],
                now or datetime.now(UTC),
                tolerance_seconds,
            )
        except SignatureRefused as refused:
            webhooks.count_refusal(conn, public_id, refused.reason)
            return Received(401, "The signature does not fit.")
        return _store(conn, public_id, body)


def apply_waiting(conn: psycopg.Connection, user_id: int) -> int:
    """Apply the user's deliveries that wait, the oldest first; returns how many. One that fails holds up no other."""
    done = after = 0
    while True:
        with conn.transaction():
            waiting = webhooks.take_waiting(conn, user_id, after)
            if waiting is None:
                return done
            status, message = _apply_safely(conn, user_id, waiting)
            webhooks.settle_delivery(conn, waiting.event_id, status, message)
        after = waiting.event_id
        done += 1


def _store(conn: psycopg.Connection, public_id: str, body: bytes) -> Received:
    try:
        record = webhook_record(body)
    except WebhookUnreadable as unreadable:
        webhooks.store_delivery(
            conn,
            public_id=public_id,
            delivery_key=f"unreadable {hashlib.sha256(body).hexdigest()}",
            event_type=None,
            payload_uri=None,
            raw_body=body,
            sent_at=None,
            apply_status="unreadable",
            apply_message=str(unreadable),
        )
        return Received(202, "Stored for a person to see: its shape is not known.")
    stored = webhooks.store_delivery(
        conn,
        public_id=public_id,
        delivery_key=delivery_key(record),
        event_type=record.event_type,
        payload_uri=record.payload_uri,
        raw_body=body,
        sent_at=record.created_at,
        apply_status="pending",
        apply_message=None,
    )
    if stored is None:
        return Received(404, "There is no such subscription.")
    return Received(200, "Stored." if stored.is_new else "Known already.", stored.user_id)


def delivery_key(record: WebhookRecord) -> str:
    """What makes two deliveries the same. Bookings and cancellations happen once for each invitee, whatever time a
    second subscription stamps on them; a no-show can be set and unset again."""
    if record.event_type in ("invitee.created", "invitee.canceled"):
        return f"{record.event_type} {record.payload_uri}"
    stamp = record.created_at.isoformat() if record.created_at else ""
    return f"{record.event_type} {record.payload_uri} {stamp}"


def _apply_safely(
    conn: psycopg.Connection, user_id: int, waiting: webhooks.Waiting
) -> tuple[str, str | None]:
    try:
        with conn.transaction():
            return _apply(conn, user_id, webhook_record(waiting.raw_body))
    except WebhookUnreadable as unreadable:
        return "unreadable", str(unreadable)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        # The database's own words may quote the row.
        return (
            "failed",
            f"The database refused it ({type(error).__name__}); it is tried again with the next sync.",
        )


def _apply(conn: psycopg.Connection, user_id: int, record: WebhookRecord) -> tuple[str, str | None]:
    counts = {"new": 0, "updated": 0}
    if record.event is not None:
        counts.update(meetings.upsert_meetings(conn, user_id, [record.event], via_webhook=True).counts)
    outcome = meetings.upsert_invitees(conn, [record.invitee], via_webhook=True) if record.invitee else None
    if outcome is not None and (outcome.counts["new"] or outcome.counts["updated"]):
        return "applied", None if record.event else "Its event was not in it and comes with the next sync."
    if counts["new"] or counts["updated"]:
        return "applied", None
    return "outdated", "The stored rows are as young or younger."
