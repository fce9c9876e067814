"""The table zoom_connections: one row per Zoom account that is read, its secrets encrypted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import class_row

_COLUMNS = (
    "id, name, account_id, kind, plan, api_url, oauth_url, client_id, client_secret_encrypted, "
    "refresh_token_encrypted, access_token_encrypted, token_expires_at, granted_scopes, is_active, "
    "reconnect_needed_at, reconnect_reason, updated_at"
)


@dataclass(frozen=True, slots=True)
class ZoomConnection:
    """A row as stored; the repr shows none of its secrets, not even encrypted."""

    id: int
    name: str
    account_id: str | None
    kind: str
    plan: str
    api_url: str
    oauth_url: str
    client_id: str
    client_secret_encrypted: str = field(repr=False)
    refresh_token_encrypted: str | None = field(repr=False)
    access_token_encrypted: str | None = field(repr=False)
    token_expires_at: datetime | None
    granted_scopes: list[str] | None
    is_active: bool
    reconnect_needed_at: datetime | None
    reconnect_reason: str | None
    updated_at: datetime


def find_connection(conn: psycopg.Connection, name: str) -> ZoomConnection | None:
    """The connection of that name."""
    return _one(conn, "WHERE name = %s", name)


def read_connection(conn: psycopg.Connection, connection_id: int) -> ZoomConnection | None:
    """The connection with that id."""
    return _one(conn, "WHERE id = %s", connection_id)


def lock_connection(conn: psycopg.Connection, connection_id: int) -> ZoomConnection | None:
    """The connection as it is once everybody who locked it before has committed; held until this
    transaction ends."""
    return _one(conn, "WHERE id = %s FOR UPDATE", connection_id)


def read_connections(conn: psycopg.Connection, *, lock: bool = False) -> list[ZoomConnection]:
    """All connections by name; with `lock`, held until this transaction ends."""
    with conn.cursor(row_factory=class_row(ZoomConnection)) as cursor:
        # In the order of ids, so that two who lock all of them never wait for each other in a circle.
        order = "ORDER BY id FOR UPDATE" if lock else "ORDER BY name"
        return cursor.execute(f"SELECT {_COLUMNS} FROM zoom_connections {order}".encode()).fetchall()  # noqa: S608


def read_plans(conn: psycopg.Connection) -> list[str]:
    """The plans a connection may be on."""
    return [name for (name,) in conn.execute("SELECT plan FROM zoom_plans ORDER BY plan")]


def insert_connection(
    conn: psycopg.Connection,
    *,
    name: str,
    account_id: str | None,
    kind: str,
    plan: str,
    api_url: str,
    oauth_url: str,
    client_id: str,
    client_secret_encrypted: str,
    refresh_token_encrypted: str | None,
    replace: bool,
) -> int | None:
    """Store a connection and return its id; None where the name is taken and `replace` is false.

    Replacing forgets the old tokens and scopes, switches the connection on and clears "reconnect needed".
    """
    on_conflict = (
        """
        ON CONFLICT (name) DO UPDATE SET
            account_id = excluded.account_id,
            kind = excluded.kind,
            plan = excluded.plan,
            api_url = excluded.api_url,
            oauth_url = excluded.oauth_url,
            client_id = excluded.client_id,
            client_secret_encrypted = excluded.client_secret_encrypted,
            refresh_token_encrypted = excluded.refresh_token_encrypted,
            access_token_encrypted = NULL,
            token_expires_at = NULL,
            granted_scopes = NULL,
            is_active = true,
            reconnect_needed_at = NULL,
            reconnect_reason = NULL,
            updated_at = now()
        """
        if replace
        else "ON CONFLICT (name) DO NOTHING"
    )
    row = conn.execute(
        f"""
        INSERT INTO zoom_connections (
            name, account_id, kind, plan, api_url, oauth_url, client_id, client_secret_encrypted,
            refresh_token_encrypted
        )
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        {on_conflict}
        RETURNING id
        """.encode(),  # noqa: S608 - the only part put in is one of the two constants above
        (
            name,
            account_id,
            kind,
            plan,
            api_url,
            oauth_url,
            client_id,
            client_secret_encrypted,
            refresh_token_encrypted,
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def save_tokens(
    conn: psycopg.Connection,
    connection_id: int,
    *,
    access_token_encrypted: str,
    token_expires_at: datetime,
    refresh_token_encrypted: str | None,
    granted_scopes: Iterable[str] | None,
) -> None:
    """Store a fresh token; a refresh token or scopes of None leave what is stored. Clears the mark."""
    conn.execute(
        """
        UPDATE zoom_connections SET
            access_token_encrypted = %s,
            token_expires_at = %s,
            refresh_token_encrypted = coalesce(%s, refresh_token_encrypted),
            granted_scopes = coalesce(%s, granted_scopes),
            reconnect_needed_at = NULL,
            reconnect_reason = NULL,
            updated_at = now()
        WHERE id = %s
        """,
        (
            access_token_encrypted,
            token_expires_at,
            refresh_token_encrypted,
            None if granted_scopes is None else list(granted_scopes),
            connection_id,
        ),
    )


def mark_reconnect_needed(conn: psycopg.Connection, connection_id: int, reason: str) -> None:
    """Note that a person must connect again; the dead access token is dropped, the first note's time kept."""
    conn.execute(
        """
        UPDATE zoom_connections SET
            access_token_encrypted = NULL,
            token_expires_at = NULL,
            reconnect_needed_at = coalesce(reconnect_needed_at, now()),
            reconnect_reason = %s,
            updated_at = now()
        WHERE id = %s
        """,
        (reason, connection_id),
    )


def set_active(conn: psycopg.Connection, name: str, active: bool) -> bool:
    """Switch a connection on or off; False where there is none of that name."""
    changed = conn.execute(
        "UPDATE zoom_connections SET is_active = %s, updated_at = now() WHERE name = %s", (active, name)
    )
    return changed.rowcount == 1


def replace_secrets(
    conn: psycopg.Connection,
    connection_id: int,
    *,
    client_secret_encrypted: str,
    refresh_token_encrypted: str | None,
    access_token_encrypted: str | None,
) -> None:
    """Store the same secrets, encrypted anew. updated_at stays: nothing that a user cares for has changed."""
    conn.execute(
        """
        UPDATE zoom_connections SET
            client_secret_encrypted = %s, refresh_token_encrypted = %s, access_token_encrypted = %s
        WHERE id = %s
        """,
        (client_secret_encrypted, refresh_token_encrypted, access_token_encrypted, connection_id),
    )


def _one(conn: psycopg.Connection, condition: str, value: object) -> ZoomConnection | None:
    with conn.cursor(row_factory=class_row(ZoomConnection)) as cursor:
        query = f"SELECT {_COLUMNS} FROM zoom_connections {condition}".encode()  # noqa: S608 - constants only
        return cursor.execute(query, (value,)).fetchone()
