"""The questions that people ask of a full database, who asks, and how long the answer may take."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

LIVE_MS = 50.0
"""Limit of what a dashboard or a monitor asks all day."""
REPORT_MS = 500.0
"""Limit of what a person asks and waits for."""


@dataclass(frozen=True)
class Question:
    """A query, the role that asks it (`rollcall_<role>`), and the limit of its median in ms; None: no promise.

    `called` is what the table of results shows for a long query.
    """

    query: str
    role: str = "monitor"
    limit_ms: float | None = REPORT_MS
    called: str = ""

    @property
    def name(self) -> str:
        """What the table of results shows."""
        return self.called or self.query.removeprefix("SELECT ").removeprefix("* FROM ")


@dataclass(frozen=True)
class Answer:
    """What a question cost: rows, and the median of several rounds on a warm server, in ms."""

    question: Question
    rows: int
    median_ms: float

    @property
    def is_over(self) -> bool:
        """Whether the median is above the limit."""
        return self.question.limit_ms is not None and self.median_ms > self.question.limit_ms


QUESTIONS: tuple[Question, ...] = (
    Question("SELECT * FROM get_sync_health_status()", limit_ms=LIVE_MS),
    Question("SELECT * FROM get_sync_health_status('big')", limit_ms=LIVE_MS),
    Question("SELECT * FROM sync_alert_conditions", limit_ms=LIVE_MS),
    Question("SELECT * FROM sync_monitoring_view", limit_ms=LIVE_MS),
    Question("SELECT * FROM get_sync_summary()", limit_ms=LIVE_MS),
    Question("SELECT * FROM get_sync_summary('big')", limit_ms=LIVE_MS),
    Question("SELECT * FROM run_sync_health_checks()", limit_ms=LIVE_MS),
    Question("SELECT * FROM sync_monitoring_component_data"),
    Question("SELECT sync_openmetrics()"),
    Question("SELECT * FROM generate_sync_report()"),
    Question("SELECT * FROM generate_sync_report('big')"),
    Question("SELECT * FROM generate_sync_report('big', now() - interval '3 years', now())"),
    Question("SELECT * FROM sync_performance_analytics WHERE connection_name = 'big'"),
    Question("SELECT * FROM sync_monitoring_metrics WHERE hour > now() - interval '7 days'"),
    Question("SELECT * FROM sync_known_gaps"),
    Question("SELECT * FROM sync_reconciliation WHERE connection_name = 'big' AND verdict = 'differs'"),
    Question("SELECT * FROM webinar_statistics_by_connection"),
    Question("SELECT * FROM webinar_attendance_analytics WHERE connection_name = 'big'"),
    Question("SELECT * FROM webinar_attendance_analytics ORDER BY actual_participant_count DESC", "reader"),
    Question("SELECT * FROM instance_attendance_analytics WHERE connection_name = 'big'", "reader"),
    Question("SELECT * FROM participant_engagement WHERE webinar_id = 7", "reader"),
    Question("SELECT * FROM instance_concurrency('instance-1')", "reader"),
    Question("SELECT * FROM instance_retention('instance-1')", "reader"),
    Question("SELECT * FROM validate_webinar_data()"),
    Question("SELECT * FROM calendly_sync_health", limit_ms=LIVE_MS),
    Question("SELECT * FROM meeting_analytics_by_event_type"),
    Question("SELECT * FROM meeting_analytics_by_host WHERE user_id = 1", "reader"),
    Question(
        "SELECT * FROM meeting_bookings WHERE user_id = 1 AND start_time > now() - interval '30 days'",
        "reader",
    ),
    Question(
        "SELECT p.participant_name, p.session_count, p.total_duration / 60 AS total_minutes, w.topic"
        " FROM zoom_participants p JOIN zoom_webinars w ON p.webinar_id = w.id"
        " WHERE p.session_count > 1 ORDER BY p.session_count DESC LIMIT 20",
        "reader",
        called="the twenty who rejoined most",
    ),
    # Most of three million rows go to the client, sorted: a promise would be about its network and disk.
    Question(
        "SELECT ps.*, p.participant_name FROM zoom_participant_sessions ps"
        " JOIN zoom_participants p ON ps.participant_id = p.id"
        " WHERE p.session_count > 2 ORDER BY ps.join_time",
        "reader",
        limit_ms=None,
        called="all sessions of those with more than two",
    ),
)


def ask(conn: psycopg.Connection, question: Question, rounds: int) -> Answer:
    """Ask `rounds` times after a first one that warms the server; every row is sent, none is kept.

    `conn` is a superuser's in autocommit mode; it acts as the question's role.
    """
    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"rollcall_{question.role}")))
    seconds = []
    rows = 0
    for _ in range(rounds + 1):
        began = time.perf_counter()
        with conn.cursor() as cursor, cursor.copy(f"COPY ({question.query}) TO STDOUT".encode()) as copy:
            rows = sum(bytes(block).count(b"\n") for block in copy)
        seconds.append(time.perf_counter() - began)
    conn.execute("RESET ROLE")
    return Answer(question, rows, statistics.median(seconds[1:]) * 1000)
