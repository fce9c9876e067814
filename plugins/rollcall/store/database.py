"""A connection to the data database by its address, with sentences for what goes wrong, and who may log in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from rollcall.errors import SetupError


def connect(address: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection as the server opens it. Raises SetupError, with the reason and without a password, where there is
    none."""
    try:
        # A host's name that holds an @ is the end of a password; as its first letter it stands for a socket.
        if "@" not in str(conninfo_to_dict(address).get("host", ""))[1:]:
            return psycopg.connect(address, autocommit=autocommit, client_encoding="utf8")
    except psycopg.ProgrammingError:
        pass  # it quotes the address and so a password in it
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not let us in: {' '.join(str(error).split())}") from None
    raise SetupError(
        "The database address can't be read: give one like postgresql://user:password@host:5432/database; in a "
        "password, write %40 for @, %2F for / and %25 for %."
    )


def open_database(address: str) -> psycopg.Connection:
    """An autocommit connection that finds rollcall's tables. Raises SetupError as `connect` does."""
    conn = connect(address, autocommit=True)
    set_session(conn)
    return conn


def set_session(conn: psycopg.Connection) -> None:
    """Find rollcall's tables, mean the same by text, times and transactions however the server or the role is set, and
    stay while nothing is asked."""
    conn.execute(
        "SET search_path TO rollcall, public;"
        # A name with a letter that the encoding lacks would end the run, with an error that quotes the page.
        " SET client_encoding TO UTF8;"
        # psycopg reads no other style.
        " SET datestyle TO ISO; SET intervalstyle TO postgres;"
        # Who holds a lock asks anew what it guards: a snapshot from before would tell what was.
        " SET default_transaction_isolation TO 'read committed';"
        # A worker may wait for minutes until Zoom or Calendly takes the next call.
        " SET idle_session_timeout TO 0"
    )


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


def set_password(conn: psycopg.Connection, role: str, password: str) -> None:
    """Let a role log in; the password is hashed here, so that no server log has it."""
    verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    conn.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(verifier.decode())
        )
    )
