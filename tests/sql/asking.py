"""A question to the catalog."""

from __future__ import annotations

import psycopg


def names(db: psycopg.Connection, query: str) -> set[str]:
    """The one column that a query gives."""
    return {name for (name,) in db.execute(query.encode()).fetchall()}
