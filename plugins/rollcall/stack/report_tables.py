"""What the demo's reports are made of: rows of the database, tables, and names that are safe to print."""

from __future__ import annotations

from typing import Any

import psycopg
from rich import box
from rich.markup import escape
from rich.table import Table

_WORDS = ("", "Person", "Webinar", "Measure", "Event type")


def row(connection: psycopg.Connection, query: str) -> dict[str, Any]:
    """Return the query's only row by column."""
    cursor = connection.execute(query.encode())
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=True))


def titled_table(title: str, *columns: str) -> Table:
    """Return an empty table; columns of words stand left, numbers right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in columns:
        table.add_column(name, no_wrap=name != "", justify="left" if name in _WORDS else "right")
    return table


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, in plural where it is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short(text: str | None, width: int) -> str:
    """Make a name printable: hostile ones carry control characters and thousands of letters."""
    clean = "".join(character if character.isprintable() else "�" for character in text or "(no name)")
    return escape(clean if len(clean) <= width else f"{clean[: width - 1]}…")
