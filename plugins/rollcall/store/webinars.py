"""Webinars, instances, registrants, panelists. One function per SQL function of sql/functions/webinars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import psycopg

Rows = Sequence[Mapping[str, Any]]
"""Flat records whose keys are column names; values JSON-ready."""


def upsert_webinars(conn: psycopg.Connection, connection_id: int, rows: Rows, *, is_detail: bool) -> int:
    """Store webinars; `is_detail`: read from the webinar's own page, so its values win. Returns rows written."""
    return _count(conn, "SELECT upsert_webinars(%s, %s::jsonb, %s)", (connection_id, _json(rows), is_detail))


def upsert_instances(conn: psycopg.Connection, connection_id: int, rows: Rows, *, is_detail: bool) -> int:
    """Store instances of webinars stored before. Returns rows written."""
    return _count(conn, "SELECT upsert_instances(%s, %s::jsonb, %s)", (connection_id, _json(rows), is_detail))


def upsert_registrants(conn: psycopg.Connection, webinar_id: int, rows: Rows) -> int:
    """Store registrants of a webinar. Returns rows written."""
    return _count(conn, "SELECT upsert_registrants(%s, %s::jsonb)", (webinar_id, _json(rows)))


def upsert_panelists(conn: psycopg.Connection, webinar_id: int, rows: Rows) -> int:
    """Store panelists of a webinar. Returns rows written."""
    return _count(conn, "SELECT upsert_panelists(%s, %s::jsonb)", (webinar_id, _json(rows)))


def mark_webinar_gone(conn: psycopg.Connection, webinar_id: int) -> None:
    """Note that Zoom no longer serves the webinar's id."""
    conn.execute("SELECT mark_webinar_gone(%s)", (webinar_id,))


def note_webinar_read(conn: psycopg.Connection, webinar_id: int) -> None:
    """Note that the webinar was asked for just now."""
    conn.execute("SELECT note_webinar_read(%s)", (webinar_id,))


def stored_webinars(conn: psycopg.Connection, connection_id: int) -> set[int]:
    """Numeric ids of all webinars stored for the connection, those whose id has expired too."""
    rows = conn.execute(
        "SELECT zoom_webinar_id FROM zoom_webinars WHERE connection_id = %s", (connection_id,)
    ).fetchall()
    return {row[0] for row in rows}


def _json(rows: Rows) -> str:
    return orjson.dumps(list(rows)).decode()


def _count(conn: psycopg.Connection, query: str, values: tuple[Any, ...]) -> int:
    row = conn.execute(query.encode(), values).fetchone()
    return int(row[0]) if row else 0
