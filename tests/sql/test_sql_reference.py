"""docs/sql.md says what the database says, word for word, and its examples are what one gets."""

from __future__ import annotations

from pathlib import Path

import psycopg

from docs.sql_reference.__main__ import PAGE, write_reference
from docs.sql_reference.catalog import functions, relations
from docs.sql_reference.questions import unused_questions
from rollcall.stack.postgres import Postgres

ROLES = ("rollcall_monitor", "rollcall_reader")


def test_the_page_is_what_make_docs_writes(postgres: Postgres, tmp_path: Path) -> None:
    fresh = write_reference(postgres, tmp_path)
    stored = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    differing = [
        (number, ours, theirs)
        for number, (ours, theirs) in enumerate(zip(stored.splitlines(), fresh.splitlines(), strict=False), 1)
        if ours != theirs
    ]
    assert fresh == stored, f"docs/sql.md is stale: run `make docs`. First difference: {differing[:1]}"


def test_everything_that_people_may_use_has_an_entry(db: psycopg.Connection) -> None:
    headings = {
        line.removeprefix("### ")
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("### ")
    }
    usable = db.execute(
        """
        SELECT p.proname FROM pg_proc p, unnest(%(roles)s::text[]) r
        WHERE p.pronamespace = 'rollcall'::regnamespace AND has_function_privilege(r, p.oid, 'EXECUTE')
        UNION
        SELECT c.relname FROM pg_class c, unnest(%(roles)s::text[]) r
        WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'v', 'm')
            AND has_any_column_privilege(r, c.oid, 'SELECT')
        """,
        {"roles": list(ROLES)},
    ).fetchall()
    assert headings == {name for (name,) in usable}


def test_no_question_is_kept_for_what_is_gone(db: psycopg.Connection) -> None:
    names = {thing.name for thing in functions(db)} | {thing.name for thing in relations(db)}
    assert not unused_questions(names)
