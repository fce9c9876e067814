"""Fixtures for tests of the SQL itself."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from cryptography.fernet import Fernet

from rollcall.secrets import Keyring
from tests.contract.scripted_server import scripted_server
from tests.sql.attendance_case import AttendanceCase
from tests.sql.connection_world import TokenEndpoint, World


@pytest.fixture
def writer(db: psycopg.Connection) -> psycopg.Connection:
    """A connection that may do what the Dags may do, and no more."""
    db.execute("SET ROLE rollcall_writer")
    return db


@pytest.fixture
def case(writer: psycopg.Connection) -> AttendanceCase:
    """An instance to read, as the writer."""
    return AttendanceCase(writer)


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
