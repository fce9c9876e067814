"""A schema whose clock a program sets, so that the same example gives the same page on every day.

Functions, views and defaults are ours, word for word, except that each question for the time asks `example_clock()`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import psycopg

from rollcall.store.migrate import migrate_up
from rollcall.store.migration_files import SQL_DIR, read_text

_ASKS_FOR_THE_TIME = re.compile(r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)")
_CLOCK = "public.example_clock()"


def migrate_with_clock(dsn: str, folder: Path) -> None:
    """Bring an empty database to this schema, with a clock that `set_clock` turns; `folder` takes the edited files."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION public.example_clock() RETURNS timestamptz LANGUAGE sql STABLE"
            " AS $$ SELECT coalesce(nullif(current_setting('example.now', true), '')::timestamptz, now()) $$"
        )
    sql_dir = shutil.copytree(SQL_DIR, folder / "sql")
    for file in sql_dir.rglob("*.sql"):
        file.write_text(with_clock(read_text(file)), encoding="utf-8")
    migrate_up(dsn, sql_dir=sql_dir)


def set_clock(conn: psycopg.Connection, time: str) -> None:
    """From here on it is `time` (as Postgres reads it) for this connection."""
    conn.execute("SELECT set_config('example.now', %s, false)", (time,))


def with_clock(text: str) -> str:
    """The SQL text with each question for the time put to the clock."""
    return _ASKS_FOR_THE_TIME.sub(_CLOCK, text)


def without_clock(text: str) -> str:
    """The text with Postgres's own question for the time put back."""
    # Postgres leaves the schema out where it is on the search path.
    return re.sub(r"(public\.)?example_clock\(\)", "now()", text)
