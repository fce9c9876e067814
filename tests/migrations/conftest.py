"""Empty databases, a copy of sql/ to edit, and the schema that every road must lead to."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollcall.stack.postgres import Postgres
from rollcall.store.migration_files import SQL_DIR
from tests.migrations.postgres_programs import dump


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """Address of an empty database, as superuser."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def fresh_dump(postgres: Postgres, template: str) -> str:
    """What a database that was migrated in one go looks like to pg_dump."""
    return dump(postgres.dsn(template))


@pytest.fixture
def sql_dir(tmp_path: Path) -> Path:
    """A copy of sql/ that a test may edit."""
    return shutil.copytree(SQL_DIR, tmp_path / "sql")
