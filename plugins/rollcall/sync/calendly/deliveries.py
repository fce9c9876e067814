"""Webhook deliveries: verified and stored first, applied afterwards, each in a transaction of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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

TOLERANCE_SECONDS = 300.0
"""How far a signature's time may be from ours, unless set otherwise."""

_LONGEST_KEY = 1000


@dataclass(frozen=True)
class Received:
    """The answer: HTTP status, a sentence, and whose deliveries wait to be applied now, if any."""

    status: int
    message: str
    user_id: int | None = None


def receive(
    conn: psycopg.Connection,
    keyring: Callable[[], Keyring],
    public_id: str,
    signature: str | None,
    body: bytes | None,
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    now: datetime | None = None,
) -> Received:
    """Verify a delivery's raw body and store it. A body of None was larger than MOST_BYTES.

    What can't be trusted is counted by reason and leaves nothing else; what is signed but not of a known shape is
    kept for a person to see. Raises SetupError where no key decrypts the subscription's.
    """
    encrypted = webhooks.keys_of(conn, public_id)
    if encrypted is None:
        return Received(404, "There is no such subscription.")
    if body is None:
        webhooks.count_refusal(conn, public_id, "too_large")
        return Received(413, f"A delivery may have {MOST_BYTES} bytes.")
    ring = keyring()
    keys = [ring.decrypt(key) for key in encrypted]
    try:
        verify_signature(signature, body, keys, now or datetime.now(UTC), tolerance_seconds)
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
    second subscription stamps on them; a no-show mark is set and taken back once, the next one has another URI."""
    words = [record.event_type, record.payload_uri]
    if record.no_show is not None:
        words[1] = record.no_show.uri
    elif record.event_type not in ("invitee.created", "invitee.canceled"):
        words.append(record.created_at.isoformat() if record.created_at else "")
    key = " ".join(words)
    # An index takes some thousand bytes, a signed body may hold anything.
    return key if len(key.encode()) <= _LONGEST_KEY else f"long {hashlib.sha256(key.encode()).hexdigest()}"


def _apply_safely(
    conn: psycopg.Connection, user_id: int, waiting: webhooks.Waiting
) -> tuple[str, str | None]:
    try:
        with conn.transaction():
            return _apply(conn, user_id, webhook_record(waiting.raw_body))
    except WebhookUnreadable as unreadable:
        return "unreadable", str(unreadable)
    except psycopg.Error as error:
        if conn.broken:
            raise
        # The database's own words may quote the row.
        said = type(error).__name__
        return (
            "failed",
            f"The database refused it ({said}); it is tried again with the next delivery or sync.",
        )


def _apply(conn: psycopg.Connection, user_id: int, record: WebhookRecord) -> tuple[str, str | None]:
    if record.event is None and record.invitee is None and record.no_show is None:
        return "unreadable", "It is about nothing that rollcall stores; see its body."
    outcomes: list[str] = []
    if record.event is not None:
        outcomes += meetings.upsert_meetings(conn, user_id, [record.event], via_webhook=True).counts
    if record.invitee is not None:
        outcomes += meetings.upsert_invitees(conn, [record.invitee], via_webhook=True).counts
    mark = record.no_show
    if mark is not None:
        outcomes.append(
            meetings.note_no_show(
                conn, mark.invitee_uri, mark.uri, mark.marked_at, is_removed=mark.is_removed
            )
        )
        if outcomes == ["unknown"]:
            return (
                "failed",
                "Its invitee is not stored yet; it is tried again with the next delivery or sync.",
            )
    if "new" not in outcomes and "updated" not in outcomes:
        return "outdated", "The stored rows are as young or younger."
    if record.invitee is not None and record.event is None:
        return "applied", "Its event was not in it and comes with the next sync."
    return "applied", None
