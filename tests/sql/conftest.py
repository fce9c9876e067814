"""Fixtures for tests of the SQL itself."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.attendance_case import AttendanceCase


@pytest.fixture
def writer(db: psycopg.Connection) -> psycopg.Connection:
    """A connection that may do what the Dags may do, and no more."""
    db.execute("SET ROLE rollcall_writer")
    return db


@pytest.fixture
def case(writer: psycopg.Connection) -> AttendanceCase:
    """An instance to read, as the writer."""
    return AttendanceCase(writer)
