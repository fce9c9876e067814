"""The benchmark's database is true to itself, each of its questions has an answer, and none reads history whole."""

from __future__ import annotations

import time

import psycopg
import pytest

from benchmarks.cleanup_beside_a_sync import measure, running_sync
from benchmarks.sql_questions import QUESTIONS, ask
from benchmarks.years_of_data import fill

HISTORY = ("sync_progress_updates", "zoom_participants", "zoom_participant_sessions", "zoom_registrants")


@pytest.fixture
def years(db: psycopg.Connection) -> psycopg.Connection:
    """A hundredth of years of data."""
    fill(db, 0.01)
    return db


def whole_reads(conn: psycopg.Connection) -> dict[str, int]:
    """How often each table of HISTORY was read from end to end."""
    conn.execute("SELECT pg_stat_force_next_flush()")
    query = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY (%s)"
    return dict(conn.execute(query, (list(HISTORY),)).fetchall())


def test_every_question_answers(years: psycopg.Connection) -> None:
    empty = [question.query for question in QUESTIONS if not ask(years, question, rounds=1).rows]
    assert empty == []


def test_nothing_that_a_monitor_asks_reads_history_whole(years: psycopg.Connection) -> None:
    before = whole_reads(years)
    for question in QUESTIONS:
        if question.role == "monitor":
            ask(years, question, rounds=1)
            assert whole_reads(years) == before, question.query
    years.execute("SELECT count(*) FROM sync_progress_updates WHERE message = ''")
    assert whole_reads(years) != before


def test_participants_agree_with_their_sessions(years: psycopg.Connection) -> None:
    wrong = years.execute(
        """
        SELECT p.id
        FROM zoom_participants p
        LEFT JOIN (
            SELECT
                participant_id, count(*) AS sessions, sum(duration) AS seconds, min(join_time) AS first_join,
                max(leave_time) AS last_leave, range_agg(tstzrange(join_time, leave_time)) AS attended
            FROM zoom_participant_sessions
            WHERE status = 'in_meeting'
            GROUP BY participant_id
        ) s ON s.participant_id = p.id
        LEFT JOIN LATERAL (
            SELECT sum(extract(epoch FROM upper(r) - lower(r))) AS seconds FROM unnest(s.attended) r
        ) a ON true
        WHERE (p.session_count, p.total_duration, p.first_join_time, p.last_leave_time) IS DISTINCT FROM
              (coalesce(s.sessions, 0), coalesce(s.seconds, 0), s.first_join, s.last_leave)
            OR abs(p.attended_seconds - coalesce(a.seconds, 0)) > p.session_count
        """
    ).fetchall()
    assert wrong == []


def test_a_sync_does_not_wait_for_a_cleanup(years: psycopg.Connection, dsn: str) -> None:
    outcome = measure(dsn, seconds_alone=0.1)
    left = years.execute(
        "SELECT count(*) FROM sync_progress_updates p JOIN sync_runs r ON r.id = p.run_id"
        " WHERE r.finished_at < now() - interval '1 day'"
    ).fetchone()
    assert left == (0,)
    assert outcome.deleted > 9000
    assert outcome.beside.lock_waits == 0


def test_a_wait_would_be_noticed(years: psycopg.Connection, dsn: str) -> None:
    with running_sync(dsn) as pauses, years.transaction():
        years.execute("SELECT FROM sync_runs WHERE finished_at IS NULL FOR UPDATE")
        time.sleep(0.2)
    assert pauses.lock_waits > 0
    assert pauses.longest > 100
