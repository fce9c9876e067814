"""A connection to the data database for commands: by its address, with sentences for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from rollcall.errors import SetupError


def open_database(address: str) -> psycopg.Connection:
    """An autocommit connection. Raises SetupError, with the reason and without a password, where there is none."""
    try:
        conn = psycopg.connect(address, autocommit=True)
    except psycopg.ProgrammingError:
        # Without its cause, which quotes the address and so a password in it.
        raise SetupError(
            "The database address can't be read: give one like postgresql://user:password@host:5432/database."
        ) from None
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not let us in: {' '.join(str(error).split())}") from None
    # The owner's role, unlike the others, has no search path of its own.
    conn.execute("SET search_path TO rollcall, public")
    return conn


@contextmanager
def connected(database: psycopg.Connection | str) -> Iterator[psycopg.Connection]:
    """The connection that was given, or one of its own for the block. Raises SetupError where the schema is missing."""
    try:
        if isinstance(database, str):
            with open_database(database) as conn:
                yield conn
        else:
            yield database
    except psycopg.errors.UndefinedTable:
        raise SetupError("The database has no tables of rollcall: run `rollcall migrate up` first.") from None
