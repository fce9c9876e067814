"""One real Postgres for the whole test run; a fresh database per test, cloned from a migrated template."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import migrate_up
from tests.process_groups import pytest_xdist_make_scheduler

__all__ = ["pytest_xdist_make_scheduler"]  # a hook: pytest looks for it here

SEARCH_PATH = "options=-csearch_path%3Drollcall,public"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of this test process's own; durability off, since nothing here outlives the test, and nothing that works
    on its own account, so that what a test counts is what it did."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), preferred_port=0)
    try:
        server.start()
        with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                conn.execute(f"ALTER SYSTEM SET {setting} = off")
            conn.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def admin(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """The superuser's connection that makes and drops databases."""
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def template(postgres: Postgres, admin: psycopg.Connection) -> str:
    """Name of a migrated database that others are cloned from."""
    admin.execute("CREATE DATABASE template_rollcall")
    migrate_up(postgres.dsn("template_rollcall"))
    return "template_rollcall"


@pytest.fixture
def dsn(postgres: Postgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """Address of a fresh, migrated database, as its owner."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    yield f"{postgres.dsn(name)}?{SEARCH_PATH}"
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to the fresh database, as its owner."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def repo() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parents[1]
