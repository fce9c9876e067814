"""The invented Calendly user of the page's examples: a week of bookings, and one sync of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

from docs.sql_reference.clock import set_clock
from rollcall.store import limits, meetings, queue, runs, users, webhooks

_API = "https://api.calendly.com"
_HOST = {"user": f"{_API}/users/HARRIET", "name": "Harriet Host", "email": "harriet@example.com"}


def tell_bookings(conn: psycopg.Connection) -> None:
    """Add the user to a database that `example.tell` fills: the same connection, with its clock."""
    set_clock(conn, "2024-09-08 05:00:00+00")
    user_id = users.connect_user(
        conn,
        email="harriet@example.com",
        user_uri=f"{_API}/users/HARRIET",
        organization_uri=f"{_API}/organizations/EXAMPLE",
        role="user",
        scope="user",
        token_kind="personal",  # noqa: S106 - a kind, not a token
        api_url=_API,
        oauth_url="https://auth.calendly.com/oauth/token",
        client_id=None,
        client_secret_encrypted=None,
        token_encrypted="encrypted",  # noqa: S106 - nobody's
        refresh_token_encrypted=None,
        token_expires_at=None,
    )
    subscription_id = webhooks.add_subscription(
        conn,
        user_id=user_id,
        public_id="random-part-of-the-address",
        callback_url="https://example.com/rollcall/webhooks/calendly/random-part-of-the-address",
        scope="user",
        events=["invitee.created", "invitee.canceled"],
        key_encrypted="encrypted",
    )
    webhooks.note_subscription(
        conn, subscription_id, state="active", uri=f"{_API}/webhook_subscriptions/FIRST"
    )
    # Python asks Postgres for the time itself here, which knows nothing of the example's clock.
    conn.execute("UPDATE calendly_webhook_subscriptions SET checked_at = '2024-09-08 05:00:01+00'")
    _store_before_the_run(conn, user_id)
    _first_run(conn, user_id)
    _deliver(conn, user_id)


def _meeting(
    name: str, start: str, *, booked: str | None = None, canceled: bool = False, kind: str = "INTRO"
) -> dict[str, Any]:
    """An event of half an hour, booked four days before unless another time is given."""
    began = datetime.fromisoformat(start)
    booked = booked or (began - timedelta(days=4)).isoformat()
    return {
        "uri": f"{_API}/scheduled_events/{name}",
        "name": "Intro call" if kind == "INTRO" else "Review",
        "status": "canceled" if canceled else "active",
        "start_time": start,
        "end_time": (began + timedelta(minutes=30)).isoformat(),
        "event_type_uri": f"{_API}/event_types/{kind}",
        "location_type": "zoom_conference",
        "location": {"type": "zoom_conference", "status": "pushed"},
        "invitees_total": 1,
        "invitees_active": 0 if canceled else 1,
        "hosts": [_HOST],
        "event_created_at": booked,
        "event_updated_at": booked,
    }


def _invitee(meeting: dict[str, Any], who: str, **fields: Any) -> dict[str, Any]:
    return {
        "uri": f"{meeting['uri']}/invitees/{who.upper()}",
        "event_uri": meeting["uri"],
        "name": f"{who} Example",
        "email": f"{who.lower()}@example.com",
        "status": meeting["status"],
        "timezone": "Europe/Berlin",
        "invitee_created_at": meeting["event_created_at"],
        "invitee_updated_at": meeting["event_updated_at"],
        **fields,
    }


def _store_before_the_run(conn: psycopg.Connection, user_id: int) -> None:
    """A meeting that a delivery told of, and that Calendly no longer serves when the run asks for it."""
    set_clock(conn, "2024-09-08 09:00:01+00")
    gone = _meeting("GONE", "2024-09-12T09:00:00+00:00", kind="REVIEW")
    meetings.upsert_meetings(conn, user_id, [gone], via_webhook=True)
    meetings.upsert_invitees(conn, [_invitee(gone, "Emil")], via_webhook=True)


def _first_run(conn: psycopg.Connection, user_id: int) -> None:
    """A full sync: one meeting held, one where nobody came, one canceled, one moved, and one that is gone."""
    set_clock(conn, "2024-09-14 07:00:00+00")
    run_id = runs.open_run(
        conn,
        source="calendly",
        connection_id=user_id,
        mode="full",
        window_from=datetime.fromisoformat("2022-09-14T07:00:00+00:00"),
        window_to=datetime.fromisoformat("2025-09-14T07:00:00+00:00"),
        webinar_ids=None,
        fetch_workers=1,
        dag_id="calendly_sync",
        dag_run_id="manual__2024-09-14-harriet",
    )
    if run_id is None:
        raise RuntimeError(f"The example's user {user_id} has an active run already: mend the story.")
    runs.log_activity(conn, run_id, "FULL SYNC: 2022-09-14 07:00 to 2025-09-14 07:00 UTC")
    limits.take_calendly_call(conn, user_id)
    limits.note_calendly_limits(conn, user_id, limit=500, remaining=499, reset_seconds=60)
    held = _meeting("HELD", "2024-09-09T09:00:00+00:00")
    no_show = _meeting("NO-SHOW", "2024-09-10T09:00:00+00:00")
    canceled = _meeting("CANCELED", "2024-09-11T09:00:00+00:00", canceled=True)
    moved = _meeting("MOVED", "2024-09-11T14:00:00+00:00", canceled=True)
    moved_to = _meeting("MOVED-TO", "2024-09-13T14:00:00+00:00")
    listed = [held, no_show, canceled, moved, moved_to]
    stored = meetings.upsert_meetings(conn, user_id, listed, via_webhook=False)
    runs.add_meetings(conn, run_id, stored.counts, canceled=stored.canceled)
    gone = conn.execute("SELECT id FROM meetings WHERE uri LIKE '%/GONE'").fetchone()
    if gone and meetings.mark_missing(conn, gone[0], "gone"):
        runs.add_meetings(conn, run_id, {"missing": 1})
    meetings.enqueue_invitees(conn, run_id, timedelta(days=7))
    runs.set_phase(conn, run_id, "fetch", "Reading 5 lists of invitees")
    first = _invitee(moved, "Dora")
    second = _invitee(moved_to, "Dora", old_invitee_uri=first["uri"])
    meetings.upsert_invitees(
        conn,
        [
            _invitee(held, "Ann"),
            _invitee(no_show, "Ben", no_show_at="2024-09-10T09:40:00+00:00"),
            _invitee(canceled, "Cleo", canceler_type="invitee", canceled_at="2024-09-10T20:00:00+00:00"),
            {**first, "rescheduled": True, "new_invitee_uri": second["uri"]},
            second,
        ],
        via_webhook=False,
    )
    while (item := queue.lease(conn, run_id, "fetch-0")) is not None:
        queue.settle(conn, item, "done")
    runs.note_calls(conn, run_id, 44)
    set_clock(conn, "2024-09-14 07:00:12+00")
    run = runs.get_run(conn, run_id)
    runs.finish_calendly_run(conn, run_id, error_kind=None, error_message=None, times_opened=run.times_opened)


def _deliver(conn: psycopg.Connection, user_id: int) -> None:
    """A booking that came by webhook after the run, and a delivery that was turned away."""
    set_clock(conn, "2024-09-14 08:15:00+00")
    coming = _meeting("COMING", "2024-09-16T09:00:00+00:00", booked="2024-09-14T08:14:59+00:00")
    invitee = _invitee(coming, "Finn")
    meetings.upsert_meetings(conn, user_id, [coming], via_webhook=True)
    meetings.upsert_invitees(conn, [invitee], via_webhook=True)
    stored = webhooks.store_delivery(
        conn,
        public_id="random-part-of-the-address",
        delivery_key=f"invitee.created {invitee['uri']}",
        event_type="invitee.created",
        payload_uri=invitee["uri"],
        raw_body=b"{}",
        sent_at=datetime.fromisoformat("2024-09-14T08:14:59+00:00"),
        apply_status="pending",
        apply_message=None,
    )
    if stored is not None:
        webhooks.settle_delivery(conn, stored.event_id, "applied", None)
    webhooks.count_refusal(conn, "random-part-of-the-address", "mismatch")
