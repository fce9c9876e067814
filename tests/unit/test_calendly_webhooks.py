"""A webhook delivery as records, in every shape it is known to have, and what is said of one that has none."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.errors import WebhookUnreadable
from rollcall.sources.calendly.webhooks import WebhookRecord, webhook_record
from tests.unit.calendly_samples import (
    ANYTHING,
    CANCELLATION,
    EVENT_URI,
    INVITEE_URI,
    envelope,
    event,
    invitee,
)


def read(body: Any) -> WebhookRecord:
    return webhook_record(json.dumps(body).encode())


def test_a_booking_brings_its_invitee_and_its_event() -> None:
    delivery = read(envelope())
    assert delivery.event_type == "invitee.created"
    assert delivery.created_at == datetime(2026, 11, 3, 9, 15, 3, tzinfo=UTC)
    assert delivery.payload_uri == INVITEE_URI
    assert delivery.invitee is not None
    assert delivery.event is not None
    assert (delivery.invitee["event_uri"], delivery.event["uri"]) == (EVENT_URI, EVENT_URI)
    assert delivery.invitee["other_fields"] is None
    assert "cancellations" not in json.dumps(delivery.invitee)
    assert "ana@example.test" not in repr(delivery)


def test_one_of_a_group_cancels_and_the_event_stays_active() -> None:
    delivery = read(envelope("invitee.canceled", status="canceled", cancellation=CANCELLATION))
    assert delivery.invitee is not None
    assert delivery.event is not None
    assert (delivery.invitee["status"], delivery.event["status"]) == ("canceled", "active")


def test_the_event_may_be_missing_or_stand_beside_the_payload() -> None:
    body = envelope()
    del body["payload"]["scheduled_event"]
    assert read(body).event is None
    beside = read({**body, "scheduled_event": event()})
    assert beside.event is not None
    assert beside.event["uri"] == EVENT_URI


def test_an_invitee_without_its_event_gets_it_from_what_came_along() -> None:
    delivery = read(envelope(uri="https://api.calendly.com/invitees/XX", event=None))
    assert delivery.invitee is not None
    assert delivery.invitee["event_uri"] == EVENT_URI


def test_a_message_about_something_else_is_known_by_its_uri() -> None:
    no_show = {"uri": "https://api.calendly.com/invitee_no_shows/5", "invitee": INVITEE_URI}
    delivery = read({"event": "invitee_no_show.created", "payload": no_show})
    assert (delivery.payload_uri, delivery.invitee, delivery.event) == (no_show["uri"], None, None)
    assert read({"event": "invitee_no_show.created", "payload": invitee()}).invitee is not None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b'{"event": "invitee.cre', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "`event` does not name"),
        (b'{"event": {"uri": "x"}, "payload": {}}', "`event` does not name"),
        (b'{"event": "invitee.created"}', "`payload` is no object"),
        (b'{"event": "invitee.created", "payload": [1]}', "`payload` is no object"),
        (b'{"event": "invitee.created", "payload": {"email": "ana@example.test"}}', "which object"),
        (b'{"event": "invitee.created", "payload": {"uri": {"a": "ana@example.test"}}}', "which object"),
    ],
)
def test_a_body_that_makes_no_sense_is_told_by_its_shape(body: bytes, why: str) -> None:
    with pytest.raises(WebhookUnreadable, match=why) as unreadable:
        webhook_record(body)
    assert "ana@" not in str(unreadable.value)


@given(st.binary())
def test_no_body_does_more_than_be_unreadable(body: bytes) -> None:
    with pytest.raises(WebhookUnreadable):
        webhook_record(body)


@given(st.dictionaries(st.sampled_from(sorted(envelope()["payload"])) | st.text(), ANYTHING))
def test_no_payload_does_more_than_be_unreadable(fields: dict[str, Any]) -> None:
    with contextlib.suppress(WebhookUnreadable):
        delivery = webhook_record(json.dumps({**envelope(), "payload": {**invitee(), **fields}}).encode())
        assert delivery.payload_uri
        assert delivery.invitee is not None
