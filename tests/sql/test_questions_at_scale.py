"""The benchmark's database is true to itself, so that what is measured on it means something."""

from __future__ import annotations

import psycopg
import pytest

from benchmarks.years_of_data import fill


@pytest.fixture
def years(db: psycopg.Connection) -> psycopg.Connection:
    """A hundredth of years of data."""
    fill(db, 0.01)
    return db


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
