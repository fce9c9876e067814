"""Calendly users in health, alerts and reports: by e-mail or id, with what only webhooks can suffer from."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rollcall.store import gaps, meetings, runs, users, webhooks
from tests.sql.calendly_health_case import EMAIL, EVENT, CalendlyHealthCase
from tests.sql.calendly_users import add_user


@pytest.fixture
def case(db: psycopg.Connection) -> CalendlyHealthCase:
    return CalendlyHealthCase(db)


def waiting(case: CalendlyHealthCase) -> None:
    case.deliver("pending", minutes=20)


def unreadable(case: CalendlyHealthCase) -> None:
    case.deliver("unreadable")


def refused(case: CalendlyHealthCase) -> None:
    case.refuse(5)


CONDITIONS: list[tuple[str, str, Callable[[CalendlyHealthCase], object]]] = [
    (
        "webhook_disabled",
        "critical",
        lambda case: case.conn.execute("UPDATE calendly_webhook_subscriptions SET state = 'disabled'"),
    ),
    (
        "webhook_retrying",
        "warning",
        lambda case: case.conn.execute(
            "UPDATE calendly_webhook_subscriptions SET retry_started_at = now() - interval '2 hours'"
        ),
    ),
    (
        "deliveries_waiting",
        "warning",
        waiting,
    ),
    ("deliveries_unreadable", "warning", unreadable),
    (
        "webhook_refusals",
        "warning",
        refused,
    ),
]


@pytest.mark.parametrize(("condition", "severity", "go_wrong"), CONDITIONS)
def test_each_trouble_of_webhooks_is_an_alert_that_says_whose_and_what_to_do(
    case: CalendlyHealthCase, condition: str, severity: str, go_wrong: Callable[[CalendlyHealthCase], object]
) -> None:
    add_user(case.conn, "ben")
    assert case.alerts() == {}
    go_wrong(case)
    (alert,) = case.rows("SELECT * FROM sync_alert_conditions")
    assert alert["condition"] == condition
    assert (alert["severity"], alert["source"], alert["connection_id"], alert["connection_name"]) == (
        severity,
        "calendly",
        case.user_id,
        EMAIL,
    )
    assert alert["since"] is not None
    assert alert["detail"]
    assert alert["action"]
    case.conn.execute("UPDATE users SET calendly_is_active = false")
    assert case.alerts() == {}


def test_refusals_began_with_their_day_wherever_the_reader_sits(case: CalendlyHealthCase) -> None:
    refused(case)
    (began,) = case.rows("SELECT day::timestamp AT TIME ZONE 'UTC' AS at FROM calendly_webhook_refusals")
    case.conn.execute("SET timezone TO 'Pacific/Kiritimati'")
    assert case.alerts()["webhook_refusals"]["since"] == began["at"]


def test_a_disabled_subscription_is_named_until_a_live_one_stands_beside_it(case: CalendlyHealthCase) -> None:
    webhooks.note_subscription(case.conn, case.subscription_id, state="disabled")
    told = case.alerts()["webhook_disabled"]
    assert f"subscription {case.subscription_id} of {EMAIL}" in told["detail"]
    assert f"rollcall calendly webhook create {EMAIL}" in told["action"]
    other = webhooks.add_subscription(
        case.conn,
        user_id=case.user_id,
        public_id="other",
        callback_url="https://airflow.example.com/rollcall/webhooks/calendly/other",
        scope="user",
        events=["invitee.created"],
        key_encrypted="key",
    )
    webhooks.note_subscription(case.conn, other, state="active", uri="https://api.calendly.com/w/2")
    assert case.alerts() == {}
    assert case.rows("SELECT webhook_state FROM calendly_sync_health") == [{"webhook_state": "active"}]


def test_runs_are_in_health_alerts_and_reports_by_email_in_any_case_or_id(case: CalendlyHealthCase) -> None:
    run_id = case.run()
    assert runs.close_run(case.conn, run_id, "failed", "auth_error", "The token is dead")
    users.mark_user_reconnect_needed(case.conn, case.user_id, "The token is dead")
    for name in (EMAIL, EMAIL.upper(), str(case.user_id)):
        health = case.rows("SELECT * FROM get_sync_health_status(%s)", name)
        assert [(h["source"], h["connection_name"], h["status"], h["last_error"]) for h in health] == [
            ("calendly", EMAIL, "critical", "The token is dead")
        ]
        assert case.rows("SELECT * FROM generate_sync_report(%s)", name)
    alerts = case.alerts()
    assert set(alerts) == {"last_run_failed", "reconnect_needed"}
    for alert in alerts.values():
        assert "zoom" not in alert["action"]
        assert "--mode delta" not in alert["action"]
        assert "rollcall connection" not in alert["action"]
    assert f"rollcall sync calendly {EMAIL}" in alerts["last_run_failed"]["action"]
    assert "rollcall calendly connect" in alerts["reconnect_needed"]["action"]

    second = case.run(2)
    assert case.rows(
        "SELECT source, connection_name FROM sync_monitoring_view WHERE run_id = %s", second
    ) == [{"source": "calendly", "connection_name": EMAIL}]


def test_what_to_do_about_a_user_is_something_that_calendly_has(
    case: CalendlyHealthCase, monitor: psycopg.Connection
) -> None:
    run_id = case.run()
    for number, (status, recheck) in enumerate([(403, 24), (503, 0), (404, None)]):
        gaps.note_gap(
            case.conn,
            run_id,
            object_kind="invitees",
            object_key=f"event {number}",
            status=status,
            code=None,
            reason="Calendly refused it.",
            is_expected=False,
            recheck_after_hours=recheck,
        )
    told = case.rows("SELECT http_status, action FROM sync_known_gaps ORDER BY http_status")
    hints = [
        ("A scope or a role is missing", f"rollcall calendly test {EMAIL}"),
        ("A full sync asks again", f"rollcall sync calendly {EMAIL} --mode full"),
        ("the next sync asks again", f"rollcall sync calendly {EMAIL}"),
    ]
    for found, (why, command) in zip(told, hints, strict=True):
        assert why in found["action"]
        assert command in found["action"]
    told += case.rows("SELECT action || detail AS action FROM sync_alert_conditions")
    case.conn.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours'")
    told += [{"action": row[0]} for row in monitor.execute("SELECT message FROM check_stale_syncs()")]
    assert len(told) == 5
    case.conn.execute("UPDATE users SET calendly_is_active = false")
    told += case.rows("SELECT action FROM get_sync_health_status(%s)", EMAIL)
    assert f"rollcall calendly activate {EMAIL}" in told[-1]["action"]
    for found in told:
        assert not re.search("delta|webinars|rollcall connection|sync zoom", found["action"])


def test_an_old_run_that_is_taken_up_later_is_not_the_last_sync(case: CalendlyHealthCase) -> None:
    old = case.run(1)
    assert runs.close_run(case.conn, old, "failed", "server_error", "Calendly is down")
    young = case.run(2)
    finish = functools.partial(runs.finish_calendly_run, case.conn, error_kind=None, error_message=None)
    assert finish(young, times_opened=1) == "completed"
    assert case.run(1) == old
    assert finish(old, times_opened=2) == "completed"
    assert case.rows(
        "SELECT id FROM sync_runs WHERE started_at = (SELECT last_calendly_sync FROM users)"
    ) == [{"id": young}]


def test_users_without_calendly_are_no_connections_but_have_a_row_of_health(case: CalendlyHealthCase) -> None:
    case.conn.execute("INSERT INTO users (email) VALUES ('ben@example.com')")
    assert [row["name"] for row in case.rows("SELECT name FROM sync_connections")] == [EMAIL]
    health = case.rows("SELECT email, active_calendly_meetings AS n FROM calendly_sync_health ORDER BY email")
    assert health == [{"email": EMAIL, "n": 0}, {"email": "ben@example.com", "n": 0}]


def test_health_counts_meetings_by_what_became_of_them(case: CalendlyHealthCase) -> None:
    def event(key: str, status: str = "active") -> dict[str, Any]:
        return {"uri": f"https://api.calendly.com/scheduled_events/{key}", "status": status}

    meetings.upsert_meetings(case.conn, case.user_id, [event("a"), event("b", "canceled")], via_webhook=False)
    meetings.upsert_meetings(case.conn, case.user_id, [event("c"), event("d")], via_webhook=True)
    gone = case.rows("SELECT id FROM meetings WHERE uri LIKE '%%/d'")[0]["id"]
    assert meetings.mark_missing(case.conn, gone, "gone") is True
    assert meetings.mark_missing(case.conn, gone, "gone") is False
    health = case.rows("SELECT * FROM calendly_sync_health")[0]
    assert {
        name: health[f"{name}_meetings"]
        for name in ("active_calendly", "canceled_calendly", "deleted_calendly", "webhook_synced")
    } == {"active_calendly": 2, "canceled_calendly": 1, "deleted_calendly": 1, "webhook_synced": 2}


def test_the_query_that_shows_unreadable_deliveries_shows_any_bytes(case: CalendlyHealthCase) -> None:
    unreadable(case)
    case.conn.execute("UPDATE calendly_webhook_events SET raw_body = %s", (b"{\xff\0",))
    (alert,) = case.rows("SELECT action FROM sync_alert_conditions")
    query = alert["action"].partition("Look at them: ")[2].partition(";")[0]
    with case.conn.transaction(force_rollback=True):
        case.conn.execute("SET LOCAL ROLE rollcall_reader")
        (shown,) = case.rows(query)
    assert shown["encode"] == r"{\377\000"


def test_health_counts_deliveries_by_what_became_of_them(case: CalendlyHealthCase) -> None:
    add_user(case.conn, "ben")
    for status in ("pending", "failed", "unreadable", "applied", "outdated"):
        case.deliver(status)
    case.refuse(4)
    told = case.rows("SELECT * FROM calendly_sync_health ORDER BY email = %s DESC", EMAIL)
    counts = [(h["deliveries_waiting"], h["deliveries_unreadable"], h["refusals"]) for h in told]
    assert counts == [(2, 1, 4), (0, 0, 0)]
    assert [h["last_delivery_at"] is None for h in told] == [False, True]


def test_a_late_delivery_does_not_bring_a_missing_event_back_but_a_listing_does(
    case: CalendlyHealthCase,
) -> None:
    event = {"uri": EVENT, "status": "active", "event_updated_at": "2026-01-01T10:00:00Z"}
    meetings.upsert_meetings(case.conn, case.user_id, [event], via_webhook=False)
    meeting_id = case.rows("SELECT id FROM meetings")[0]["id"]
    meetings.mark_missing(case.conn, meeting_id, "no_access")
    assert meetings.upsert_meetings(case.conn, case.user_id, [event], via_webhook=True).counts == {
        "unchanged": 1
    }
    older = event | {"event_updated_at": "2025-12-31T10:00:00Z"}
    assert meetings.upsert_meetings(case.conn, case.user_id, [older], via_webhook=True).counts == {
        "outdated": 1
    }
    since = "SELECT missing_since IS NULL AS there FROM meetings"
    assert case.rows(since) == [{"there": False}]
    assert meetings.upsert_meetings(case.conn, case.user_id, [older], via_webhook=False).counts == {
        "updated": 1
    }
    assert case.rows(since) == [{"there": True}]
    meetings.mark_missing(case.conn, meeting_id, "gone")
    younger = event | {"event_updated_at": "2026-01-02T10:00:00Z"}
    assert meetings.upsert_meetings(case.conn, case.user_id, [younger], via_webhook=True).counts == {
        "updated": 1
    }
    assert case.rows(since) == [{"there": True}]
