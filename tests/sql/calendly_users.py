"""A connected Calendly user, as tests of single functions need one."""

from __future__ import annotations

import psycopg

from rollcall.store.users import connect_user
from tests.unit.calendly_samples import API


def add_user(conn: psycopg.Connection, name: str = "U") -> int:
    """Connect <name>@example.test, whose URI ends with the name; returns the user's id."""
    return connect_user(
        conn,
        email=f"{name}@example.test",
        user_uri=f"{API}/users/{name}",
        organization_uri=f"{API}/organizations/O",
        role="owner",
        scope="user",
        token_kind="personal",
        api_url=API,
        oauth_url=API,
        client_id=None,
        client_secret_encrypted=None,
        token_encrypted="x",
        refresh_token_encrypted=None,
        token_expires_at=None,
    )
