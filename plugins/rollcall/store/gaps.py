"""Gaps: what the source would not serve. One function per SQL function."""

from __future__ import annotations

import psycopg

from rollcall.store.runs import must_be_open


def note_gap(
    conn: psycopg.Connection,
    run_id: int,
    *,
    object_kind: str,
    object_key: str,
    status: int | None,
    code: int | None,
    reason: str,
    is_expected: bool,
    recheck_after_hours: float | None,
) -> None:
    """Record what the source would not serve, why, and when to look again (None: never).

    Raises RunClosed when the run has ended.
    """
    row = conn.execute(
        "SELECT note_gap(%s, %s, %s, %s, %s, %s, %s, %s)",
        (run_id, object_kind, object_key, status, code, reason, is_expected, recheck_after_hours),
    ).fetchone()
    must_be_open(row, run_id)


def close_gap(conn: psycopg.Connection, run_id: int, object_kind: str, object_key: str) -> None:
    """Note that what was missing is there after all. Raises RunClosed when the run has ended."""
    row = conn.execute("SELECT close_gap(%s, %s, %s)", (run_id, object_kind, object_key)).fetchone()
    must_be_open(row, run_id)


def close_gaps_of_kind(conn: psycopg.Connection, run_id: int, object_kind: str) -> None:
    """Note that nothing of that kind is missing any more. Raises RunClosed when the run has ended."""
    must_be_open(conn.execute("SELECT close_gaps_of_kind(%s, %s)", (run_id, object_kind)).fetchone(), run_id)


def close_gaps_of_listed(conn: psycopg.Connection, run_id: int) -> None:
    """Note that meetings which the run's listings hold are there after all. Raises RunClosed when the run has ended."""
    must_be_open(conn.execute("SELECT close_gaps_of_listed(%s)", (run_id,)).fetchone(), run_id)


def expect_unknown_webinars(conn: psycopg.Connection, run_id: int) -> None:
    """Let webinars that nobody knows, asked for by an earlier run, count as gaps no more. Raises RunClosed when the
    run has ended."""
    must_be_open(conn.execute("SELECT expect_unknown_webinars(%s)", (run_id,)).fetchone(), run_id)


def expect_gone_hosts(conn: psycopg.Connection, run_id: int, host_ids: list[str]) -> None:
    """Let the lists of hosts who are none of `host_ids`, which are all of the account, count as gaps no more. Raises
    RunClosed when the run has ended."""
    must_be_open(conn.execute("SELECT expect_gone_hosts(%s, %s)", (run_id, host_ids)).fetchone(), run_id)
