"""The queries of docs/runbook.md run as they stand, as the role that each names in its first line."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.sql.attendance_case import AttendanceCase, row

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sql\n-- as ([^\n]+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
ASKED = [(role, query) for role, query in BLOCKS if role.startswith("rollcall_")]


def test_each_block_names_its_role() -> None:
    assert len(BLOCKS) == TEXT.count("```sql")
    assert {role for role, _ in ASKED} == {"rollcall_monitor", "rollcall_reader"}


@pytest.mark.parametrize(("role", "query"), ASKED)
def test_the_query_runs_on_an_empty_and_on_a_full_database(
    db: psycopg.Connection, role: str, query: str
) -> None:
    for fill in (False, True):
        if fill:
            AttendanceCase(db).read([row("Ann", leave=5), row("Bob", leave=5)])
        with db.transaction():
            db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            db.execute(query.encode())
