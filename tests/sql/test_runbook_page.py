"""The queries of docs/runbook.md run as they stand, as the role that each names in its first line."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.calendly_case import CalendlyCase

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sql\n-- as ([^\n]+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
TABLE = re.findall(r"^\|[^|]*\| `(SELECT [^`]*;)` \| (\w+) \|", TEXT, re.MULTILINE)
ASKED = [(role, query) for role, query in BLOCKS if role != "a superuser"] + [
    (f"rollcall_{role}", query) for query, role in TABLE
]


def test_each_block_names_its_role() -> None:
    assert len(BLOCKS) == TEXT.count("```sql")
    assert {role for role, _ in ASKED} == {
        "rollcall_monitor",
        "rollcall_reader",
        "rollcall_writer",
        "the owner",
    }


@pytest.mark.parametrize(("role", "query"), ASKED)
def test_the_query_runs_on_an_empty_and_on_a_full_database(
    db: psycopg.Connection, role: str, query: str
) -> None:
    for fill in (False, True):
        if fill:
            AttendanceCase(db).read([row("Ann", leave=5), row("Bob", leave=5)])
            CalendlyCase(db)
        with db.transaction():
            if role == "the owner":  # can't log in: a superuser types it, who has no search path of ours
                db.execute("""SET LOCAL search_path TO "$user", public""")
            else:
                db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            db.execute(query.encode())


def test_what_people_may_call_and_every_view_is_in_it(db: psycopg.Connection) -> None:
    usable = db.execute(
        """
        SELECT p.proname FROM pg_proc p, unnest(ARRAY['rollcall_monitor', 'rollcall_reader']) r
        WHERE p.pronamespace = 'rollcall'::regnamespace AND has_function_privilege(r, p.oid, 'EXECUTE')
        UNION
        SELECT c.relname FROM pg_class c, unnest(ARRAY['rollcall_monitor', 'rollcall_reader']) r
        WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'v' AND has_table_privilege(r, c.oid, 'SELECT')
        """
    ).fetchall()
    assert {name for (name,) in usable if not re.search(rf"\b{name}\b", TEXT)} == set()
