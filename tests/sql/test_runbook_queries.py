"""What people have in their runbooks runs as it stands, as the role that it is for, whatever the database holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row

from rollcall.store import runs
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.calendly_case import CalendlyCase

Ask = Callable[[str, str], list[dict[str, Any]]]
"""(role without rollcall_, query) -> rows."""

# Older than rollcall, and never to be edited here: people type them.
HEALTH = "SELECT * FROM get_sync_health_status('<connection id or name>');"
REPORT = "SELECT * FROM generate_sync_report('<connection id or name>');"
ALERTS = "SELECT * FROM sync_alert_conditions;"
STALE = "SELECT * FROM check_stale_syncs();"
CLEANUP = "SELECT * FROM cleanup_old_sync_data(30);"
SCHEDULED_CLEANUP = "SELECT scheduled_cleanup();"
MOST_ATTENDED = "SELECT * FROM webinar_attendance_analytics ORDER BY actual_participant_count DESC;"
REJOINED = """
SELECT p.participant_name, p.session_count, p.total_duration / 60 AS total_minutes, w.topic
FROM zoom_participants p JOIN zoom_webinars w ON p.webinar_id = w.id
WHERE p.session_count > 1 ORDER BY p.session_count DESC LIMIT 20;
"""
SESSIONS = """
SELECT ps.*, p.participant_name
FROM zoom_participant_sessions ps JOIN zoom_participants p ON ps.participant_id = p.id
WHERE p.session_count > 2 ORDER BY ps.join_time;
"""
CALENDLY_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_name = 'users' AND column_name LIKE '%calendly%';
"""
DELIVERY = "SELECT * FROM calendly_webhook_events LIMIT 1;"
CALENDLY_HEALTH = "SELECT * FROM calendly_sync_health;"
DELIVERIES = """
SELECT event_type, COUNT(*) AS count, MAX(created_at) AS last_received FROM calendly_webhook_events GROUP BY event_type;
"""
CLEAN_DELIVERIES = "SELECT clean_old_webhook_events();"
USERS = "SELECT id, email, calendly_initial_sync_complete, last_calendly_sync FROM users;"
FORCE_FULL = "UPDATE users SET calendly_initial_sync_complete = false WHERE id = 1;"
MONITORS_ASK = (HEALTH, REPORT, ALERTS, STALE, CLEANUP, SCHEDULED_CLEANUP, MOST_ATTENDED)
READERS_ASK = (MOST_ATTENDED, REJOINED, SESSIONS)
BOTH_ASK_OF_CALENDLY = (CALENDLY_HEALTH, DELIVERIES, USERS)


def of_connection(query: str, connection: object) -> str:
    """The query with the placeholder filled in, as the runbook tells one to."""
    return query.replace("<connection id or name>", str(connection))


@pytest.fixture
def ask(db: psycopg.Connection) -> Ask:
    def rows(role: str, query: str) -> list[dict[str, Any]]:
        with db.transaction(), db.cursor(row_factory=dict_row) as cursor:
            cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(f"rollcall_{role}")))
            return cursor.execute(query.encode()).fetchall()

    return rows


@pytest.fixture
def full(db: psycopg.Connection) -> AttendanceCase:
    """A run that ended with people in it long ago, and one that fell silent three hours ago."""
    case = AttendanceCase(db)
    ann = [row("Ann", email="ann@x.test", join=n * 10, leave=n * 10 + 5) for n in range(3)]
    done = case.read([*ann, row("Bob", leave=5)])
    db.execute(
        "UPDATE sync_runs SET started_at = started_at - interval '1 year',"
        " heartbeat_at = heartbeat_at - interval '1 year', finished_at = finished_at - interval '1 year'"
        " WHERE id = %s",
        (done["id"],),
    )
    silent = case.open_run("delta")
    runs.log_activity(db, silent, "At work")
    db.execute(
        "UPDATE sync_runs SET started_at = now() - interval '4 hours', heartbeat_at = now() - interval '3 hours'"
        " WHERE id = %s",
        (silent,),
    )
    return case


@pytest.mark.parametrize("query", MONITORS_ASK)
def test_a_monitors_query_runs_on_an_empty_and_on_a_full_database(
    ask: Ask, query: str, request: pytest.FixtureRequest
) -> None:
    ask("monitor", query)
    ask("monitor", of_connection(query, "nobody"))
    request.getfixturevalue("full")
    ask("monitor", query)
    ask("monitor", of_connection(query, "case"))


@pytest.mark.parametrize("query", READERS_ASK)
def test_a_readers_query_runs_on_an_empty_and_on_a_full_database(
    ask: Ask, query: str, request: pytest.FixtureRequest
) -> None:
    assert ask("reader", query) == []
    request.getfixturevalue("full")
    assert ask("reader", query)


@pytest.mark.parametrize("query", [REJOINED, SESSIONS])
def test_where_names_show_the_monitor_is_refused(ask: Ask, full: AttendanceCase, query: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        ask("monitor", query)


def test_the_health_of_a_connection_by_name_by_id_and_of_nobody(ask: Ask, full: AttendanceCase) -> None:
    by_name = ask("monitor", of_connection(HEALTH, "case"))
    by_id = ask("monitor", of_connection(HEALTH, full.connection_id))
    assert len(by_name) == len(by_id) == 1
    assert by_name[0]["connection_id"] == by_id[0]["connection_id"] == full.connection_id
    assert by_name[0]["status"] in {"healthy", "warning", "critical", "unknown"}
    assert 0 <= by_name[0]["health_score"] <= 100
    unknown = ask("monitor", of_connection(HEALTH, "nobody"))
    assert [(each["connection_id"], each["status"]) for each in unknown] == [(None, "unknown")]


def test_alerts_name_the_run_that_fell_silent_until_it_is_closed(ask: Ask, full: AttendanceCase) -> None:
    before = ask("monitor", ALERTS)
    assert before
    closed = ask("monitor", STALE)
    assert [each["connection_name"] for each in closed] == ["case"]
    assert closed[0]["silent_for"] > timedelta(hours=2)
    assert ask("monitor", STALE) == []


def test_most_attended_first(ask: Ask, full: AttendanceCase) -> None:
    assert [each["actual_participant_count"] for each in ask("reader", MOST_ATTENDED)] == [2]


def test_who_rejoined_and_when(ask: Ask, full: AttendanceCase) -> None:
    assert ask("reader", REJOINED) == [
        {"participant_name": "Ann", "session_count": 3, "total_minutes": 15, "topic": "Town hall"}
    ]
    assert [each["participant_name"] for each in ask("reader", SESSIONS)] == ["Ann"] * 3


def test_cleanup_leaves_attendance_alone(ask: Ask, full: AttendanceCase) -> None:
    people, sessions = full.people(), full.sessions()
    for query in (CLEANUP, SCHEDULED_CLEANUP):
        ask("monitor", query)
    assert full.people() == people
    assert full.sessions() == sessions


@pytest.mark.parametrize("role", ["monitor", "reader", "writer"])
@pytest.mark.parametrize("query", BOTH_ASK_OF_CALENDLY)
def test_what_is_asked_of_calendly_runs_on_an_empty_and_on_a_full_database(
    ask: Ask, db: psycopg.Connection, query: str, role: str
) -> None:
    assert ask(role, query) == []
    CalendlyCase(db)
    assert len(ask(role, query)) == 1


def test_how_a_users_calendly_fares(ask: Ask, db: psycopg.Connection) -> None:
    case = CalendlyCase(db)
    (found,) = ask("monitor", CALENDLY_HEALTH)
    expected = {
        "user_id": case.user_id,
        "email": "host@example.com",
        "calendly_initial_sync_complete": True,
        "active_calendly_meetings": 2,
        "deleted_calendly_meetings": 1,
        "webhook_synced_meetings": 0,
        "webhook_state": "active",
        "refusals": 1,
    }
    assert {name: found[name] for name in expected} == expected
    assert found["last_calendly_sync"] is not None
    assert found["last_delivery_at"] is not None
    (of_kind,) = ask("monitor", DELIVERIES)
    assert (of_kind["event_type"], of_kind["count"]) == ("invitee.created", 3)


@pytest.mark.parametrize("role", ["monitor", "reader", "writer"])
def test_the_columns_of_calendly_are_listed(ask: Ask, role: str) -> None:
    names = {each["column_name"] for each in ask(role, CALENDLY_COLUMNS)}
    assert {
        "last_calendly_sync",
        "calendly_initial_sync_complete",
        "calendly_webhook_enabled",
    } <= names


def test_a_reader_is_served_a_delivery_and_the_monitor_refused(ask: Ask, db: psycopg.Connection) -> None:
    assert ask("reader", DELIVERY) == []
    CalendlyCase(db, person="Ann Early")
    (delivery,) = ask("reader", DELIVERY)
    assert b"Ann Early" in delivery["raw_body"]
    with pytest.raises(InsufficientPrivilege):
        ask("monitor", DELIVERY)


def test_old_deliveries_are_cleaned_by_the_monitor_and_not_by_a_reader(
    ask: Ask, db: psycopg.Connection
) -> None:
    assert ask("monitor", CLEAN_DELIVERIES) == [{"clean_old_webhook_events": 0}]
    CalendlyCase(db)
    assert ask("monitor", CLEAN_DELIVERIES) == [{"clean_old_webhook_events": 0}]
    db.execute("UPDATE calendly_webhook_events SET last_seen_at = now() - interval '31 days'")
    # One of the three waits to be applied.
    assert ask("monitor", CLEAN_DELIVERIES) == [{"clean_old_webhook_events": 2}]
    with pytest.raises(InsufficientPrivilege):
        ask("reader", CLEAN_DELIVERIES)


def test_a_full_sync_is_forced_by_the_writer_and_nobody_who_only_reads(
    ask: Ask, db: psycopg.Connection
) -> None:
    case = CalendlyCase(db)
    assert case.user_id == 1
    for role in ("reader", "monitor"):
        with pytest.raises(InsufficientPrivilege):
            ask(role, FORCE_FULL)
    with db.transaction():
        db.execute("SET LOCAL ROLE rollcall_writer")
        assert db.execute(FORCE_FULL.encode()).rowcount == 1
    (user,) = ask("monitor", USERS)
    assert user["calendly_initial_sync_complete"] is False
