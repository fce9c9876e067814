"""Calendly's objects as flat records whose keys are our columns (Calendly API reference, events and invitees).

Links that cancel or reschedule a meeting, and passwords of conferences, are left out here, so that no later step can
store them.
"""

from __future__ import annotations

from typing import Any

from rollcall.sources.calendly.reading import (
    Fields,
    Reading,
    Record,
    list_or_none,
    object_or_none,
    one_of,
    plain_text,
)
from rollcall.sources.calendly.redaction import without_secrets
from rollcall.sources.calendly.uris import event_of
from rollcall.sources.values import bool_of, int_of, key_of, stamp_of

_status = one_of("active", "canceled")

_EVENT: Fields = {
    "uri": ("uri", key_of),
    "name": ("name", plain_text),
    "status": ("status", _status),
    "start_time": ("start_time", stamp_of),
    "end_time": ("end_time", stamp_of),
    "event_type_uri": ("event_type", plain_text),
    "event_created_at": ("created_at", stamp_of),
    "event_updated_at": ("updated_at", stamp_of),
    "meeting_notes_plain": ("meeting_notes_plain", plain_text),
    "meeting_notes_html": ("meeting_notes_html", plain_text),
}
_COUNTER: Fields = {
    "invitees_total": ("total", int_of),
    "invitees_active": ("active", int_of),
    "invitees_limit": ("limit", int_of),
}
_CALENDAR: Fields = {
    "calendar_kind": ("kind", plain_text),
    "calendar_external_id": ("external_id", plain_text),
}
_CANCELLATION: Fields = {
    "canceled_by": ("canceled_by", plain_text),
    "cancel_reason": ("reason", plain_text),
    "canceler_type": ("canceler_type", plain_text),
    "canceled_at": ("created_at", stamp_of),
}
_INVITEE: Fields = {
    "uri": ("uri", key_of),
    "event_uri": ("event", key_of),
    "email": ("email", plain_text),
    "name": ("name", plain_text),
    "first_name": ("first_name", plain_text),
    "last_name": ("last_name", plain_text),
    "status": ("status", _status),
    "timezone": ("timezone", plain_text),
    "questions_and_answers": ("questions_and_answers", list_or_none),
    "tracking": ("tracking", object_or_none),
    "text_reminder_number": ("text_reminder_number", plain_text),
    "rescheduled": ("rescheduled", bool_of),
    "old_invitee_uri": ("old_invitee", key_of),
    "new_invitee_uri": ("new_invitee", key_of),
    "payment": ("payment", object_or_none),
    "reconfirmation": ("reconfirmation", object_or_none),
    "routing_form_submission_uri": ("routing_form_submission", plain_text),
    "scheduling_method": ("scheduling_method", plain_text),
    "invitee_scheduled_by": ("invitee_scheduled_by", plain_text),
    "invitee_created_at": ("created_at", stamp_of),
    "invitee_updated_at": ("updated_at", stamp_of),
}
_NO_SHOW: Fields = {"no_show_uri": ("uri", plain_text), "no_show_at": ("created_at", stamp_of)}


def event_record(given: Any) -> Record | None:
    """A scheduled event; None without a usable URI. All keys are always there.

    Times are ISO text with their offset. `hosts` is a list of {user, email, name}, `guests` the list as it came,
    `location` an object without passwords, `location_type` and `join_url` (without its password) are from it.
    `other_fields` holds what has no column or could not be read, `marks` says what could not be read.
    """
    if not isinstance(given, dict) or key_of(given.get("uri")) is None:
        return None
    reading = Reading(given)
    reading.take(_EVENT)
    reading.take_inner("invitees_counter", _COUNTER)
    reading.take_inner("calendar_event", _CALENDAR)
    reading.take_inner("cancellation", _CANCELLATION)
    reading.take({"location": ("location", _location)})
    place = reading.record["location"] or {}
    reading.record["location_type"] = plain_text(place.get("type"))
    reading.record["join_url"] = plain_text(place.get("join_url"))
    reading.take({"hosts": ("event_memberships", _hosts), "guests": ("event_guests", _guests)})
    return reading.finished()


def invitee_record(given: Any) -> Record | None:
    """An invitee; None without a usable URI. All keys are always there.

    Where the event is not named, it is the one that the invitee's URI contains. Everything else is as for
    `event_record`. Neither cancel_url nor reschedule_url is in it: whoever holds them can act.
    """
    if not isinstance(given, dict) or key_of(given.get("uri")) is None:
        return None
    reading = Reading(given)
    # `canceled` repeats the status in old examples; the event of a webhook has a record of its own.
    reading.drop("cancel_url", "reschedule_url", "canceled", "scheduled_event")
    reading.take(_INVITEE)
    reading.take_inner("cancellation", _CANCELLATION)
    reading.take_inner("no_show", _NO_SHOW)
    reading.record["event_uri"] = reading.record["event_uri"] or event_of(reading.record["uri"])
    return reading.finished()


def _location(value: Any) -> Any:
    return object_or_none(without_secrets(value)) if isinstance(value, dict) else None


def _guests(value: Any) -> Any:
    return list_or_none(without_secrets(value)) if isinstance(value, list) else None


def _hosts(value: Any) -> list[Record] | None:
    """The hosts, several for a collective event; None where an entry is no object."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    return [
        {
            "user": plain_text(entry.get("user")),
            "email": plain_text(entry.get("user_email")),
            "name": plain_text(entry.get("user_name")),
        }
        for entry in value
    ]
