"""No-show marks that are a message's whole payload, in any order and for people who are not stored."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from rollcall.sources.calendly.records import invitee_record
from rollcall.sources.calendly.webhooks import webhook_record
from rollcall.store import meetings, webhooks
from rollcall.sync.calendly.deliveries import apply_waiting, delivery_key
from tests.sql.calendly_users import add_user
from tests.unit.calendly_samples import API, INVITEE_URI, event, invitee

FIRST, SECOND = f"{API}/invitee_no_shows/11", f"{API}/invitee_no_shows/22"
NOON, LATER = "2026-11-12T12:00:00.000000Z", "2026-11-12T13:00:00.000000Z"


class Inbox:
    """A user's deliveries, stored as the receiver stores them."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        self.user_id = add_user(conn)
        webhooks.add_subscription(
            conn,
            user_id=self.user_id,
            public_id="p",
            callback_url="https://airflow.example.test/p",
            scope="user",
            events=[],
            key_encrypted="x",
        )

    def know(self) -> None:
        body = {"event": "invitee.created", "payload": {**invitee(), "scheduled_event": event()}}
        self.deliver(body)

    def mark(self, uri: str, at: str, kind: str = "created") -> str:
        payload = {"uri": uri, "invitee": INVITEE_URI, "created_at": at}
        return self.deliver({"event": f"invitee_no_show.{kind}", "created_at": at, "payload": payload})

    def deliver(self, body: dict[str, Any]) -> str:
        """What became of it."""
        raw = json.dumps(body).encode()
        record = webhook_record(raw)
        stored = webhooks.store_delivery(
            self.conn,
            public_id="p",
            delivery_key=delivery_key(record),
            event_type=record.event_type,
            payload_uri=record.payload_uri,
            raw_body=raw,
            sent_at=record.created_at,
            apply_status="pending",
            apply_message=None,
        )
        assert stored is not None
        apply_waiting(self.conn, self.user_id)
        return self.status(stored.event_id)

    def status(self, event_id: int) -> str:
        row = self.conn.execute(
            "SELECT apply_status FROM calendly_webhook_events WHERE id = %s", (event_id,)
        ).fetchone()
        assert row is not None
        return str(row[0])

    def marked(self) -> str | None:
        row = self.conn.execute("SELECT no_show_uri, no_show_at IS NULL FROM meeting_invitees").fetchone()
        assert row is not None
        uri: str | None = row[0]
        assert (uri is None) == row[1]
        return uri


@pytest.fixture
def inbox(writer: psycopg.Connection) -> Inbox:
    return Inbox(writer)


def test_a_mark_is_set_and_taken_back(inbox: Inbox) -> None:
    inbox.know()
    assert (inbox.mark(FIRST, NOON), inbox.marked()) == ("applied", FIRST)
    assert (inbox.mark(FIRST, NOON, "deleted"), inbox.marked()) == ("applied", None)
    assert (inbox.mark(SECOND, LATER), inbox.marked()) == ("applied", SECOND)


def test_what_was_taken_back_does_not_return(inbox: Inbox) -> None:
    inbox.know()
    assert inbox.mark(FIRST, NOON, "deleted") == "applied"
    assert (inbox.mark(FIRST, NOON), inbox.marked()) == ("outdated", None)


def test_the_younger_mark_stays(inbox: Inbox) -> None:
    inbox.know()
    inbox.mark(SECOND, LATER)
    assert (inbox.mark(FIRST, NOON), inbox.marked()) == ("outdated", SECOND)
    assert (inbox.mark(FIRST, NOON, "deleted"), inbox.marked()) == ("applied", SECOND)


def test_a_booking_heard_of_late_takes_no_mark_back(inbox: Inbox) -> None:
    inbox.know()
    inbox.mark(FIRST, NOON)
    late = {**invitee(), "scheduled_event": event()}
    inbox.deliver({"event": "invitee.canceled", "payload": {**late, "status": "canceled"}})
    assert inbox.marked() == FIRST


def test_an_older_mark_heard_of_last_stays_taken_back(inbox: Inbox) -> None:
    inbox.know()
    inbox.mark(FIRST, NOON, "deleted")
    inbox.mark(SECOND, LATER)
    inbox.mark(SECOND, LATER, "deleted")
    assert (inbox.mark(FIRST, NOON), inbox.marked()) == ("outdated", None)


def test_marks_that_come_with_their_invitee_end_in_the_last_one_in_any_order(inbox: Inbox) -> None:
    inbox.know()
    first, second = ({"uri": FIRST, "created_at": NOON}, {"uri": SECOND, "created_at": LATER})
    for kind, mark in (("created", second), ("deleted", first), ("created", first)):
        inbox.deliver({"event": f"invitee_no_show.{kind}", "payload": {**invitee(), "no_show": mark}})
        assert inbox.marked() == SECOND


def test_a_list_read_before_a_mark_was_taken_back_does_not_set_it_again(inbox: Inbox) -> None:
    inbox.know()
    inbox.mark(FIRST, NOON)
    listed = invitee_record({**invitee(), "no_show": {"uri": FIRST, "created_at": NOON}})
    assert listed is not None
    inbox.mark(FIRST, NOON, "deleted")
    meetings.upsert_invitees(inbox.conn, [listed], via_webhook=False)
    assert inbox.marked() is None


def test_a_younger_version_without_the_mark_means_that_it_was_taken_back(inbox: Inbox) -> None:
    inbox.know()
    inbox.mark(FIRST, NOON)
    younger = {**invitee(), "status": "canceled", "updated_at": LATER}
    inbox.deliver({"event": "invitee.canceled", "payload": younger})
    assert inbox.marked() is None


def test_a_mark_of_somebody_unknown_waits_for_them(inbox: Inbox) -> None:
    assert inbox.mark(FIRST, NOON) == "failed"
    inbox.know()
    assert inbox.mark(SECOND, NOON, "deleted") == "applied"
    assert inbox.marked() == FIRST
    assert meetings.note_no_show(inbox.conn, INVITEE_URI, FIRST, None, is_removed=False) == "outdated"


def test_a_message_about_nothing_that_is_stored_is_kept_for_a_person(inbox: Inbox) -> None:
    body = {
        "event": "routing_form_submission.created",
        "payload": {"uri": f"{API}/routing_form_submissions/1"},
    }
    assert inbox.deliver(body) == "unreadable"


def test_a_key_of_any_length_is_stored(inbox: Inbox) -> None:
    body = {"event": "invitee.created", "payload": {**invitee(), "uri": f"{INVITEE_URI}{'x' * 5000}"}}
    inbox.deliver(body)
    row = inbox.conn.execute("SELECT length(delivery_key) < 100 FROM calendly_webhook_events").fetchone()
    assert row == (True,)
