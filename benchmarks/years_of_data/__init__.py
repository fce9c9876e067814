"""A database with years of data, made by the files beside this one: set-based, the same in every run, nobody real.

At scale 1: 4 connections, 600 webinars, 3,000 instances, 1 M participants, 3 M sessions, 300,000 registrants, 10,000
runs over three years with 1 M progress rows, 200,000 queue rows, and a run at work with a queue of 5,000 lists. Beside
them 3 users of Calendly with 20,000 meetings, 25,000 invitees and 15,000 deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

_FOLDER = Path(__file__).parent


def files() -> Iterator[Path]:
    """The files in the order in which they run."""
    yield from sorted(_FOLDER.glob("*.sql"))


def fill(conn: psycopg.Connection, scale: float = 1.0, tell: Callable[[str], None] = lambda _: None) -> None:
    """Fill a fresh, migrated database; `scale` is the share of the size above, down to a few rows of each kind.

    `conn` is a superuser's, in autocommit mode, with rollcall's schema on its search path. `tell` hears what is being
    made. Instance 1 is the largest, connection `big` has four fifths of everything.
    """
    conn.execute("SELECT set_config('bench.scale', %s, false)", (str(scale),))
    conn.execute("SET synchronous_commit = off")
    for file in files():
        tell(file.stem.partition("_")[2])
        conn.execute(file.read_text(encoding="utf-8").encode())
    tell("statistics of the planner")
    conn.execute("VACUUM (ANALYZE)")
