"""The table users: one row per person whose Calendly is read, its secrets encrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import class_row

_COLUMNS = (
    "id, email, calendly_user_uri, calendly_organization_uri, calendly_role, calendly_scope, calendly_token_kind,"
    " calendly_api_url, calendly_oauth_url, calendly_client_id, calendly_client_secret_encrypted,"
    " calendly_token_encrypted, calendly_refresh_token_encrypted, calendly_token_expires_at, calendly_is_active,"
    " calendly_reconnect_needed_at, calendly_reconnect_reason, last_calendly_sync, calendly_initial_sync_complete,"
    " calendly_webhook_enabled"
)


@dataclass(frozen=True, slots=True)
class CalendlyUser:
    """A row as stored; the repr shows none of its secrets, not even encrypted."""

    id: int
    email: str
    calendly_user_uri: str | None
    calendly_organization_uri: str | None
    calendly_role: str | None
    calendly_scope: str
    calendly_token_kind: str
    calendly_api_url: str
    calendly_oauth_url: str
    calendly_client_id: str | None
    calendly_client_secret_encrypted: str | None = field(repr=False)
    calendly_token_encrypted: str | None = field(repr=False)
    calendly_refresh_token_encrypted: str | None = field(repr=False)
    calendly_token_expires_at: datetime | None
    calendly_is_active: bool
    calendly_reconnect_needed_at: datetime | None
    calendly_reconnect_reason: str | None
    last_calendly_sync: datetime | None
    calendly_initial_sync_complete: bool
    calendly_webhook_enabled: bool


def find_user(conn: psycopg.Connection, email_or_id: str) -> CalendlyUser | None:
    """The user with that id or e-mail (in any case) who has a Calendly token."""
    return _one(
        conn,
        "WHERE calendly_token_encrypted IS NOT NULL AND (id::text = %(who)s OR lower(email) = lower(%(who)s))"
        " ORDER BY id::text = %(who)s DESC LIMIT 1",
        {"who": email_or_id},
    )


def read_user(conn: psycopg.Connection, user_id: int) -> CalendlyUser | None:
    """The user with that id."""
    return _one(conn, "WHERE id = %(id)s", {"id": user_id})


def lock_user(conn: psycopg.Connection, user_id: int) -> CalendlyUser | None:
    """The user as it is once everybody who locked it before has committed; held until this transaction ends."""
    return _one(conn, "WHERE id = %(id)s FOR UPDATE", {"id": user_id})


def read_users(conn: psycopg.Connection) -> list[CalendlyUser]:
    """All users with a Calendly token, by e-mail."""
    with conn.cursor(row_factory=class_row(CalendlyUser)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM users WHERE calendly_token_encrypted IS NOT NULL ORDER BY email, id".encode()  # noqa: S608 - constants
        ).fetchall()


def lock_users(conn: psycopg.Connection) -> list[CalendlyUser]:
    """All users with a secret, held until this transaction ends."""
    with conn.cursor(row_factory=class_row(CalendlyUser)) as cursor:
        # In the order of ids, so that two who lock all of them never wait for each other in a circle.
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM users WHERE num_nonnulls(calendly_token_encrypted,"  # noqa: S608 - constants
            " calendly_client_secret_encrypted, calendly_refresh_token_encrypted) > 0 ORDER BY id FOR UPDATE".encode()
        ).fetchall()


def connect_user(
    conn: psycopg.Connection,
    *,
    email: str,
    user_uri: str,
    organization_uri: str,
    role: str | None,
    scope: str,
    token_kind: str,
    api_url: str,
    oauth_url: str,
    client_id: str | None,
    client_secret_encrypted: str | None,
    token_encrypted: str,
    refresh_token_encrypted: str | None,
    token_expires_at: datetime | None,
) -> int:
    """Store the Calendly connection of the user with that e-mail, or who had another e-mail at Calendly before; a new
    row where there is none. Returns its id.

    Connecting again replaces the token, switches the user on and clears "reconnect needed"; what was synced stays.
    """
    values = {
        "email": email,
        "calendly_user_uri": user_uri,
        "calendly_organization_uri": organization_uri,
        "calendly_role": role,
        "calendly_scope": scope,
        "calendly_token_kind": token_kind,
        "calendly_api_url": api_url,
        "calendly_oauth_url": oauth_url,
        "calendly_client_id": client_id,
        "calendly_client_secret_encrypted": client_secret_encrypted,
        "calendly_token_encrypted": token_encrypted,
        "calendly_refresh_token_encrypted": refresh_token_encrypted,
        "calendly_token_expires_at": token_expires_at,
    }
    with conn.transaction():
        # Two who connect the same e-mail at once must not both find no row.
        conn.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('rollcall users ' || lower(%s), 0))", (email,)
        )
        found = conn.execute(
            """
            SELECT u.id FROM users u
            CROSS JOIN LATERAL (
                SELECT lower(u.email) = lower(%s) AS by_email, u.calendly_token_encrypted IS NOT NULL AS has_token
            ) f
            WHERE f.by_email OR (f.has_token AND u.calendly_user_uri = %s)
            ORDER BY f.has_token DESC, f.by_email DESC, u.id
            LIMIT 1
            """,
            (email, user_uri),
        ).fetchone()
        if found:
            assigned = ", ".join(f"{column} = %({column})s" for column in values)
            conn.execute(
                (
                    f"UPDATE users SET {assigned}, calendly_is_active = true, calendly_connected_at = now(),"  # noqa: S608 - our own column names
                    " calendly_reconnect_needed_at = NULL, calendly_reconnect_reason = NULL WHERE id = %(id)s"
                ).encode(),
                {**values, "id": found[0]},
            )
            return int(found[0])
        names = ", ".join(values)
        places = ", ".join(f"%({column})s" for column in values)
        row = conn.execute(
            f"INSERT INTO users ({names}) VALUES ({places}) RETURNING id".encode(),  # noqa: S608 - our own column names
            values,
        ).fetchone()
    if row is None:
        raise RuntimeError("INSERT … RETURNING returned no row")
    return int(row[0])


def save_user_tokens(
    conn: psycopg.Connection,
    user_id: int,
    *,
    token_encrypted: str,
    refresh_token_encrypted: str | None,
    token_expires_at: datetime | None,
) -> None:
    """Store a fresh token; a refresh token of None leaves what is stored. Clears the mark."""
    conn.execute(
        """
        UPDATE users SET
            calendly_token_encrypted = %s,
            calendly_refresh_token_encrypted = coalesce(%s, calendly_refresh_token_encrypted),
            calendly_token_expires_at = %s,
            calendly_reconnect_needed_at = NULL,
            calendly_reconnect_reason = NULL
        WHERE id = %s
        """,
        (token_encrypted, refresh_token_encrypted, token_expires_at, user_id),
    )


def mark_user_reconnect_needed(conn: psycopg.Connection, user_id: int, reason: str) -> None:
    """Note that a person must connect again; the first note's time is kept."""
    conn.execute(
        "UPDATE users SET calendly_reconnect_needed_at = coalesce(calendly_reconnect_needed_at, now()),"
        " calendly_reconnect_reason = %s WHERE id = %s",
        (reason, user_id),
    )


def note_user_standing(
    conn: psycopg.Connection, user_id: int, *, user_uri: str, organization_uri: str, role: str | None
) -> None:
    """Record who the token belongs to now; nothing is written where that is known."""
    conn.execute(
        """
        UPDATE users SET
            calendly_user_uri = %(user)s, calendly_organization_uri = %(organization)s, calendly_role = %(role)s,
            calendly_reconnect_needed_at = NULL, calendly_reconnect_reason = NULL
        WHERE id = %(id)s AND (
            calendly_user_uri, calendly_organization_uri, calendly_role, calendly_reconnect_needed_at
        ) IS DISTINCT FROM (%(user)s, %(organization)s, %(role)s, NULL::timestamptz)
        """,
        {"user": user_uri, "organization": organization_uri, "role": role, "id": user_id},
    )


def set_user_active(conn: psycopg.Connection, user_id: int, active: bool) -> None:
    """Switch a user's syncs on or off."""
    conn.execute("UPDATE users SET calendly_is_active = %s WHERE id = %s", (active, user_id))


def replace_user_secrets(
    conn: psycopg.Connection,
    user_id: int,
    *,
    client_secret_encrypted: str | None,
    token_encrypted: str | None,
    refresh_token_encrypted: str | None,
) -> None:
    """Store the same secrets, encrypted anew."""
    conn.execute(
        """
        UPDATE users SET
            calendly_client_secret_encrypted = %s, calendly_token_encrypted = %s, calendly_refresh_token_encrypted = %s
        WHERE id = %s
        """,
        (client_secret_encrypted, token_encrypted, refresh_token_encrypted, user_id),
    )


def _one(conn: psycopg.Connection, condition: str, values: dict[str, object]) -> CalendlyUser | None:
    with conn.cursor(row_factory=class_row(CalendlyUser)) as cursor:
        query = f"SELECT {_COLUMNS} FROM users {condition}".encode()  # noqa: S608 - constants only
        return cursor.execute(query, values).fetchone()
