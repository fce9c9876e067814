"""What a server, a database or a role sets for its sessions changes nothing for ours."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from select import select

import psycopg

from rollcall.store.database import open_database, set_session


def test_text_times_and_transactions_mean_the_same_in_every_database(
    dsn: str, db: psycopg.Connection
) -> None:
    for setting, value in (
        ("datestyle", "SQL, DMY"),
        ("intervalstyle", "sql_standard"),
        ("timezone", "Asia/Kathmandu"),
        ("default_transaction_isolation", "repeatable read"),
        ("client_encoding", "LATIN1"),
    ):
        db.execute(f"ALTER DATABASE {db.info.dbname} SET {setting} TO '{value}'".encode())
    with open_database(dsn) as conn:
        query = "SELECT timestamptz '2026-02-01 10:00Z', interval '1 day 90 minutes', current_setting(%s), %s"
        assert conn.execute(query, ("transaction_isolation", "Çağlar 李")).fetchone() == (
            datetime(2026, 2, 1, 10, tzinfo=UTC),
            timedelta(days=1, minutes=90),
            "read committed",
            "Çağlar 李",
        )


def test_a_hooks_connection_writes_any_name(dsn: str) -> None:
    with psycopg.connect(dsn, client_encoding="latin1") as conn:
        set_session(conn)
        assert conn.execute("SELECT %s", ("Çağlar 李",)).fetchone() == ("Çağlar 李",)


def test_a_session_outlives_a_wait(dsn: str, db: psycopg.Connection) -> None:
    db.execute(f"ALTER DATABASE {db.info.dbname} SET idle_session_timeout TO '50ms'".encode())
    with open_database(dsn) as conn, closing(psycopg.connect(dsn, autocommit=True)) as cut_off:
        assert select([cut_off.pgconn.socket], [], [], 60)[0]  # by then the other's time is over as well
        assert conn.execute("SELECT 1").fetchone() == (1,)
