"""Invented Calendly objects in the shapes of recorded answers: today's UUIDs, and an old account's short ids."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

API = "https://api.calendly.com"
EVENT_URI = f"{API}/scheduled_events/d1b2c3d4-0000-4000-8000-000000000002"
INVITEE_URI = f"{EVENT_URI}/invitees/a1b2c3d4-0000-4000-8000-000000000002"
OLD_EVENT_URI = f"{API}/scheduled_events/GBGBDCAADAEDCRZ2"

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value, and a few that are none."""

# Computed with openssl, not with the code under test.
VECTOR_KEY = "rollcall-test-signing-key-0001"
VECTOR_TIME = 1790000000
VECTOR_BODY = (
    b'{"event":"invitee.created","payload":{"uri":"https://api.calendly.com/scheduled_events/A/invitees/B"}}'
)
VECTOR_SIGNATURE = "f463dd8aec8400d03e8f16d60883dd91a0a8e4681d3d63a63e5655bda1109751"

_EVENT: dict[str, Any] = {
    "uri": EVENT_URI,
    "name": "Intro call",
    "status": "active",
    "start_time": "2026-11-12T15:00:00.000000Z",
    "end_time": "2026-11-12T15:30:00.000000Z",
    "event_type": f"{API}/event_types/9a000000-0000-4000-8000-000000000001",
    "location": {
        "type": "zoom_conference",
        "status": "pushed",
        "join_url": "https://example.test/j/222?pwd=s3cr3tpwd",
        "data": {
            "id": 222,
            "password": "s3cr3tpwd",
            "settings": {"global_dial_in_numbers": [{"number": "+1 555 0100", "hostPin": "991177"}]},
            "extra": {"intl_numbers_url": "https://example.test/numbers"},
        },
    },
    "invitees_counter": {"total": 2, "active": 1, "limit": 5},
    "event_memberships": [
        {
            "user": f"{API}/users/3c000000-0000-4000-8000-000000000001",
            "user_email": "host@example.test",
            "user_name": "Robin Host",
            "buffered_start_time": "2026-11-12T15:00:00.000000Z",
            "buffered_end_time": "2026-11-12T15:30:00.000000Z",
        }
    ],
    "event_guests": [
        {
            "email": "guest@example.test",
            "created_at": "2026-11-03T09:15:00.200000Z",
            "updated_at": "2026-11-03T09:15:00.200000Z",
        }
    ],
    "calendar_event": {"kind": "google", "external_id": "ext-1"},
    "meeting_notes_plain": None,
    "meeting_notes_html": None,
    "created_at": "2026-11-03T09:15:00.200000Z",
    "updated_at": "2026-11-03T09:15:02.000000Z",
}

_INVITEE: dict[str, Any] = {
    "uri": INVITEE_URI,
    "event": EVENT_URI,
    "email": "ana@example.test",
    "name": "Ana Invitee",
    "first_name": None,
    "last_name": None,
    "status": "active",
    "timezone": "Europe/Madrid",
    "questions_and_answers": [
        {"question": "What should we cover?", "answer": "Pricing\nSecurity", "position": 0}
    ],
    "rescheduled": False,
    "old_invitee": f"{OLD_EVENT_URI}/invitees/HAHAZEHOQ7RURZ5V",
    "new_invitee": None,
    "tracking": {
        "utm_campaign": None,
        "utm_source": "newsletter",
        "utm_medium": None,
        "utm_content": None,
        "utm_term": None,
        "salesforce_uuid": None,
    },
    "no_show": None,
    "payment": None,
    "reconfirmation": None,
    "routing_form_submission": None,
    "text_reminder_number": None,
    "cancel_url": "https://calendly.com/cancellations/a1b2c3d4",
    "reschedule_url": "https://calendly.com/reschedulings/a1b2c3d4",
    "scheduling_method": None,
    "invitee_scheduled_by": None,
    "created_at": "2026-11-03T09:15:00.210000Z",
    "updated_at": "2026-11-03T09:15:00.220000Z",
}

CANCELLATION = {
    "canceled_by": "Ana Invitee",
    "reason": "can't come",
    "canceler_type": "invitee",
    "created_at": "2026-11-04T10:00:00.000000Z",
}


def event(**changes: Any) -> dict[str, Any]:
    """An event with some fields changed."""
    return {**copy.deepcopy(_EVENT), **changes}


def invitee(**changes: Any) -> dict[str, Any]:
    """An invitee with some fields changed."""
    return {**copy.deepcopy(_INVITEE), **changes}


def envelope(event_type: str = "invitee.created", **changes: Any) -> dict[str, Any]:
    """A webhook body about that invitee, its event with it."""
    return {
        "event": event_type,
        "created_at": "2026-11-03T09:15:03Z",
        "created_by": f"{API}/users/3c000000-0000-4000-8000-000000000001",
        "payload": {**invitee(), "scheduled_event": event(), **changes},
    }
