"""Several writers at once."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from rollcall.store import queue

Connect = Callable[[], psycopg.Connection]


def take(conn: psycopg.Connection, run_id: int, worker: str = "worker-1") -> queue.Item:
    """Lease the next item of the run, which must have one."""
    item = queue.lease(conn, run_id, worker)
    assert item is not None
    return item


def wait_until_blocked(conn: psycopg.Connection, other: psycopg.Connection) -> None:
    """Return as soon as `other` waits for a lock."""
    for _ in range(3000):
        found = conn.execute(
            "SELECT cardinality(pg_blocking_pids(%s)) > 0 OR pg_sleep(0.01) IS NULL",
            (other.info.backend_pid,),
        ).fetchone()
        if found and found[0]:
            return
    pytest.fail("the second writer did not wait for the first")
