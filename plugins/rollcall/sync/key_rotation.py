"""Encrypts all stored secrets with the first key, so that an old key can be dropped."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from rollcall.store import connections, users, webhooks
from rollcall.store.database import connected


class Rotation(NamedTuple):
    """How many connections (Zoom accounts and Calendly users) and secrets were encrypted anew."""

    connections: int
    secrets: int


class _Renewal:
    """Encrypts anew and counts; `whose` is for the message where a key is gone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.secrets = 0
        self.whose = ""

    def __call__(self, encrypted: str | None) -> str | None:
        return None if encrypted is None else self.of(encrypted)

    def of(self, encrypted: str) -> str:
        try:
            renewed = self._keyring.rotate(encrypted)
        except SetupError as error:
            raise SetupError(f"{self.whose}: {error} Nothing was changed.") from None
        self.secrets += 1
        return renewed


def rotate_keys(database: psycopg.Connection | str, keyring: Keyring) -> Rotation:
    """Encrypt all secrets of all connections, Calendly users and webhooks with the first key; all or none.

    Raises SetupError if a key is gone.
    """
    again = _Renewal(keyring)
    with connected(database) as conn, conn.transaction():
        zoom = connections.read_connections(conn, lock=True)
        for connection in zoom:
            again.whose = f"Connection {connection.name}"
            connections.replace_secrets(
                conn,
                connection.id,
                client_secret_encrypted=again.of(connection.client_secret_encrypted),
                refresh_token_encrypted=again(connection.refresh_token_encrypted),
                access_token_encrypted=again(connection.access_token_encrypted),
            )
        calendly = users.lock_users(conn)
        for user in calendly:
            again.whose = f"Calendly of {user.email}"
            users.replace_user_secrets(
                conn,
                user.id,
                client_secret_encrypted=again(user.calendly_client_secret_encrypted),
                token_encrypted=again(user.calendly_token_encrypted),
                refresh_token_encrypted=again(user.calendly_refresh_token_encrypted),
            )
        for key_id, key_encrypted in webhooks.read_keys(conn):
            again.whose = f"Webhook key {key_id}"
            webhooks.replace_key(conn, key_id, again.of(key_encrypted))
    return Rotation(len(zoom) + len(calendly), again.secrets)
