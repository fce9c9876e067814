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
MONITORS_ASK = (HEALTH, REPORT, ALERTS, STALE, CLEANUP, SCHEDULED_CLEANUP, MOST_ATTENDED)
READERS_ASK = (MOST_ATTENDED, REJOINED, SESSIONS)


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
