"""A Calendly user with what a sync and webhooks leave: meetings of each outcome, deliveries, a run that ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.store import gaps, limits, meetings, queue, runs, users, webhooks

API = "https://api.calendly.com"
PUBLIC_ID = "public-id"


class CalendlyCase:
    """All people that it stores are `person`, all secrets `hidden`, as far as the columns take them."""

    def __init__(self, conn: psycopg.Connection, *, person: str = "person", hidden: str = "hidden") -> None:
        self.conn = conn
        self.person = person
        self.now = datetime.now(UTC)
        self.user_id = users.connect_user(
            conn,
            email="host@example.com",
            user_uri=f"{API}/users/HOST",
            organization_uri=f"{API}/organizations/ORG",
            role="owner",
            scope="organization",
            token_kind="oauth",
            api_url=API,
            oauth_url="https://auth.calendly.com/oauth/token",
            client_id=hidden,
            client_secret_encrypted=hidden,
            token_encrypted=hidden,
            refresh_token_encrypted=hidden,
            token_expires_at=self.now,
        )
        subscription = webhooks.add_subscription(
            conn,
            user_id=self.user_id,
            public_id=f"{PUBLIC_ID}-{hidden}",
            callback_url=f"https://example.com/rollcall/webhooks/calendly/{PUBLIC_ID}-{hidden}",
            scope="organization",
            events=["invitee.created"],
            key_encrypted=hidden,
        )
        webhooks.note_subscription(conn, subscription, state="active", uri=f"{API}/webhook_subscriptions/S")
        self._sync()
        self._deliver(f"{PUBLIC_ID}-{hidden}")

    def _sync(self) -> None:
        run_id = runs.open_run(
            self.conn,
            source="calendly",
            connection_id=self.user_id,
            mode="full",
            window_from=self.now - timedelta(days=30),
            window_to=self.now + timedelta(days=30),
            webinar_ids=None,
            fetch_workers=1,
            dag_id="calendly_sync",
            dag_run_id="run of Calendly",
        )
        assert run_id is not None
        limits.take_calendly_call(self.conn, self.user_id)
        held, moved, moved_to = (
            self._meeting("held", 3),
            self._meeting("moved", 2, status="canceled"),
            self._meeting("moved-to", 1),
        )
        gone = self._meeting("gone", 4)
        first = self._invitee(moved, rescheduled=True)
        second = self._invitee(moved_to, old_invitee_uri=first["uri"], no_show_at=self.now.isoformat())
        stored = meetings.upsert_meetings(
            self.conn, self.user_id, [held, moved, moved_to, gone], via_webhook=False
        )
        runs.add_meetings(self.conn, run_id, stored.counts, canceled=stored.canceled)
        meetings.book_slice(
            self.conn,
            run_id,
            self.now - timedelta(days=30),
            self.now,
            [each["uri"] for each in (held, moved, moved_to)],
        )
        for meeting_id, _ in meetings.not_listed(self.conn, run_id):
            meetings.mark_missing(self.conn, meeting_id, "gone")
        meetings.enqueue_invitees(self.conn, run_id, timedelta(days=7))
        while (item := queue.lease(self.conn, run_id, "fetch-0")) is not None:
            queue.settle(self.conn, item, "done")
        meetings.upsert_invitees(self.conn, [self._invitee(held), first, second], via_webhook=False)
        gaps.note_gap(
            self.conn,
            run_id,
            object_kind="invitees",
            object_key="held",
            status=403,
            code=None,
            reason="Calendly refused",
            is_expected=False,
            recheck_after_hours=1,
        )
        times_opened = runs.get_run(self.conn, run_id).times_opened
        runs.finish_calendly_run(
            self.conn, run_id, error_kind=None, error_message=None, times_opened=times_opened
        )

    def _deliver(self, public_id: str) -> None:
        for number, status in enumerate(("applied", "failed", "unreadable")):
            body = f'{{"payload": {{"name": "{self.person}"}}, "number": {number}}}'.encode()
            stored = webhooks.store_delivery(
                self.conn,
                public_id=public_id,
                delivery_key=f"delivery {number} of {self.person}",
                event_type="invitee.created",
                payload_uri=f"{API}/scheduled_events/held/invitees/{self.person}",
                raw_body=body,
                sent_at=self.now,
                apply_status="pending",
                apply_message=None,
            )
            assert stored is not None
            webhooks.settle_delivery(self.conn, stored.event_id, status, "What became of it")
        webhooks.count_refusal(self.conn, public_id, "mismatch")

    def _meeting(self, name: str, days_ago: int, *, status: str = "active") -> dict[str, Any]:
        start = self.now - timedelta(days=days_ago)
        return {
            "uri": f"{API}/scheduled_events/{name}",
            "name": "Intro call",
            "status": status,
            "start_time": start.isoformat(),
            "end_time": (start + timedelta(minutes=30)).isoformat(),
            "event_type_uri": f"{API}/event_types/INTRO",
            "location": {"type": "physical", "location": self.person},
            "join_url": f"https://example.com/{self.person}",
            "invitees_total": 1,
            "invitees_active": int(status == "active"),
            "hosts": [
                {"user": f"{API}/users/HOST", "name": self.person, "email": f"{self.person}@example.com"}
            ],
            "guests": [{"email": f"{self.person}@example.com"}],
            "meeting_notes_plain": self.person,
            "canceled_by": self.person if status == "canceled" else None,
            "cancel_reason": self.person if status == "canceled" else None,
            "event_created_at": (start - timedelta(days=7)).isoformat(),
            "event_updated_at": (start - timedelta(days=7)).isoformat(),
        }

    def _invitee(self, meeting: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {
            "uri": f"{meeting['uri']}/invitees/{self.person}",
            "event_uri": meeting["uri"],
            "email": f"{self.person}@example.com",
            "name": self.person,
            "status": meeting["status"],
            "questions_and_answers": [{"question": "Why?", "answer": self.person}],
            "text_reminder_number": self.person,
            "invitee_created_at": meeting["event_created_at"],
            "invitee_updated_at": meeting["event_updated_at"],
            **fields,
        }
