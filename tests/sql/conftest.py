"""Fixtures for tests of the SQL itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest
from cryptography.fernet import Fernet

from rollcall.secrets import Keyring
from rollcall.store import queue
from tests.contract.scripted_server import scripted_server
from tests.sql.attendance_case import AttendanceCase
from tests.sql.connection_world import TokenEndpoint, World
from tests.sql.writers import Connect


@pytest.fixture
def writer(db: psycopg.Connection) -> psycopg.Connection:
    """A connection that may do what the Dags may do, and no more."""
    db.execute("SET ROLE rollcall_writer")
    return db


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """More connections of the writer, closed at the end."""
    with ExitStack() as opened:

        def another() -> psycopg.Connection:
            conn = opened.enter_context(closing(psycopg.connect(dsn, autocommit=True)))
            conn.execute("SET ROLE rollcall_writer")
            return conn

        yield another


@pytest.fixture
def case(writer: psycopg.Connection) -> AttendanceCase:
    """An instance to read, as the writer."""
    return AttendanceCase(writer)


@pytest.fixture
def run_id(case: AttendanceCase) -> int:
    """A run with one instance queued."""
    run_id = case.open_run()
    assert queue.enqueue_participants(case.conn, run_id, [case.instance_id]) == 1
    return run_id


@pytest.fixture
def world(dsn: str, db: psycopg.Connection) -> Iterator[World]:
    """No connections yet, a Zoom that gives them tokens, and a key."""
    zoom = TokenEndpoint()
    with scripted_server() as server:
        server.answer = zoom.answer
        yield World(dsn, db, zoom, server, Keyring([Fernet.generate_key().decode()]))


@pytest.fixture
def monitor(dsn: str) -> Iterator[psycopg.Connection]:
    """A DBA's connection."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("SET ROLE rollcall_monitor")
        yield conn
