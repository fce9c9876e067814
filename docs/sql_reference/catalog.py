"""What people may call and read, as the database's own catalog describes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

ROLES = ("rollcall_monitor", "rollcall_reader")
"""Whom the page is for; the writer may use everything."""

_FUNCTIONS: LiteralString = """
SELECT
    p.proname AS name, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
    obj_description(p.oid, 'pg_proc') AS comment,
    ARRAY(SELECT r FROM unnest(%(roles)s::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS roles
FROM pg_proc p
WHERE p.pronamespace = 'rollcall'::regnamespace
ORDER BY p.proname
"""
_RELATIONS: LiteralString = """
SELECT
    c.oid, c.relname AS name, c.relkind = 'v' AS is_view, obj_description(c.oid, 'pg_class') AS comment,
    ARRAY(
        SELECT r FROM unnest(%(roles)s::text[]) r WHERE has_any_column_privilege(r, c.oid, 'SELECT')
    ) AS roles
FROM pg_class c
WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'v')
ORDER BY c.relname
"""
_COLUMNS: LiteralString = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS meaning
FROM pg_attribute a
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
    AND EXISTS (SELECT FROM unnest(%(roles)s::text[]) r WHERE has_column_privilege(r, a.attrelid, a.attnum, 'SELECT'))
ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Function:
    """A function that some role of ours may call; `result` as Postgres writes it."""

    name: str
    arguments: str
    result: str
    comment: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column that some role of ours may read; `meaning` is its comment, empty where it has none."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Relation:
    """A table or view that some role of ours may read, in part at least."""

    name: str
    is_view: bool
    comment: str
    columns: tuple[Column, ...]
    roles: tuple[str, ...]


def functions(conn: psycopg.Connection) -> list[Function]:
    """The functions that monitor or reader may call, by name."""
    return [
        Function(row["name"], row["arguments"], row["result"], row["comment"] or "", tuple(row["roles"]))
        for row in _rows(conn, _FUNCTIONS)
        if row["roles"]
    ]


def relations(conn: psycopg.Connection) -> list[Relation]:
    """The tables and views that monitor or reader may read, by name, each with the columns that one of them sees."""
    found = []
    for row in _rows(conn, _RELATIONS):
        if row["roles"]:
            columns = tuple(
                Column(each["name"], each["type"], each["meaning"] or "")
                for each in _rows(conn, _COLUMNS, oid=row["oid"])
            )
            found.append(
                Relation(row["name"], row["is_view"], row["comment"] or "", columns, tuple(row["roles"]))
            )
    return found


def _rows(conn: psycopg.Connection, query: LiteralString, **values: Any) -> Iterator[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(query, {"roles": list(ROLES), **values}).fetchall()
