"""The body of a webhook delivery as records (Calendly API reference, webhooks, envelope)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollcall.errors import WebhookUnreadable
from rollcall.sources.bodies import read_json
from rollcall.sources.calendly.reading import Record, plain_text
from rollcall.sources.calendly.records import event_record, invitee_record
from rollcall.sources.values import moment_of

# Their payload is always an invitee; those of no-shows may be.
_BOOKINGS = frozenset({"invitee.created", "invitee.canceled"})

_REMOVED = "invitee_no_show.deleted"
_NO_SHOWS = frozenset({"invitee_no_show.created", _REMOVED})

_KEPT = "It is kept; look at its body, and apply it by a sync of its time if it matters."


@dataclass(frozen=True, slots=True)
class NoShow:
    """A no-show mark that was set, or taken back. The mark has a URI of its own: the next one has another."""

    uri: str
    invitee_uri: str
    marked_at: datetime | None
    is_removed: bool


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """One delivery. `created_at` (aware) is when Calendly made the message, `payload_uri` the URI of the object it is
    about. `invitee` is None where it is about something else, `event` where the scheduled event did not come along;
    `no_show` is there for a delivery about a mark. The repr shows nothing of a person."""

    event_type: str
    created_at: datetime | None
    payload_uri: str
    invitee: Record | None = field(repr=False)
    event: Record | None = field(repr=False)
    no_show: NoShow | None


def webhook_record(body: bytes) -> WebhookRecord:
    """What a delivery says. Raises WebhookUnreadable, with a sentence on its shape, where it has no JSON object, no
    event type, no payload, or no URI in it."""
    envelope = _object(_json(body), "its body is no JSON object")
    event_type = envelope.get("event")
    if not isinstance(event_type, str) or not event_type.strip():
        raise _unreadable("`event` does not name what happened")
    payload = _object(envelope.get("payload"), "`payload` is no object")
    uri = plain_text(payload.get("uri"))
    if uri is None:
        raise _unreadable("`payload.uri` does not say which object it is about")
    # One official sample has the event beside the payload instead of in it.
    event = event_record(payload.get("scheduled_event")) or event_record(envelope.get("scheduled_event"))
    is_booking = event_type.strip() in _BOOKINGS
    invitee = invitee_record(payload) if is_booking or "/invitees/" in uri else None
    if invitee is not None and invitee["event_uri"] is None and event is not None:
        invitee["event_uri"] = event["uri"]
    kind = plain_text(event_type.strip()) or ""
    no_show = _no_show(kind, payload, invitee)
    if invitee is not None and no_show is not None and no_show.is_removed:
        # The message about a mark that was taken back still carries it.
        invitee |= {"no_show_uri": None, "no_show_at": None}
    return WebhookRecord(
        event_type=kind,
        created_at=moment_of(envelope.get("created_at")),
        payload_uri=uri,
        invitee=invitee,
        event=event,
        no_show=no_show,
    )


def _no_show(kind: str, payload: dict[str, Any], invitee: Record | None) -> NoShow | None:
    """The mark that the delivery is about: in the invitee, or the payload itself, for neither form is documented."""
    if kind not in _NO_SHOWS:
        return None
    if invitee is not None:
        uri, of_whom, at = invitee["no_show_uri"], invitee["uri"], moment_of(invitee["no_show_at"])
    else:
        uri, of_whom = plain_text(payload.get("uri")), plain_text(payload.get("invitee"))
        at = moment_of(payload.get("created_at"))
    return NoShow(uri, of_whom, at, kind == _REMOVED) if uri and of_whom else None


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        raise _unreadable("its body is not JSON") from None


def _object(value: Any, complaint: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable(complaint)
    return value


def _unreadable(why: str) -> WebhookUnreadable:
    return WebhookUnreadable(f"The webhook delivery can't be read: {why}. {_KEPT}")
