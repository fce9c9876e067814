"""An access token for a connection: fetched under a row lock, so that any number of workers cause one
refresh."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import requests
from psycopg.pq import TransactionStatus

from rollcall.errors import InactiveConnection, NetworkFault, ReconnectNeeded, UnknownConnection
from rollcall.secrets import Keyring
from rollcall.sources.retry import DEFAULT_POLICIES, RetryPolicy
from rollcall.sources.zoom.oauth import fetch_token
from rollcall.store.connections import (
    ZoomConnection,
    lock_connection,
    mark_reconnect_needed,
    read_connection,
    save_tokens,
)

# A token this near its end may be dead before the call that carries it arrives.
_MARGIN = timedelta(seconds=90)

# Longer than the holder of the lock can take: it calls Zoom while it holds it.
_LOCK_WAIT = "300s"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and until when it may be handed out (aware, UTC). The repr shows no token."""

    value: str = field(repr=False)
    good_until: datetime


def issue_token(
    conn: psycopg.Connection,
    connection_id: int,
    keyring: Keyring,
    http_session: requests.Session,
    *,
    force: bool = False,
    rejected: str | None = None,
    even_if_dead: bool = False,
    retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
) -> IssuedToken:
    """The stored token while it is good, else a fresh one, which is committed before it is handed out.

    `conn` must be in no transaction, or the commit would be somebody else's. `force` asks for another token
    than `rejected` (for any fresh one where that is None). `even_if_dead` tries credentials again that Zoom
    declared dead. Raises UnknownConnection, InactiveConnection, ReconnectNeeded (and marks the connection),
    AuthRefused, or a SourceError that is worth a retry.
    """
    if conn.info.transaction_status is not TransactionStatus.IDLE:
        raise ValueError("issue_token needs a database connection that is in no transaction")
    with conn.transaction():
        found = _stored_or_fresh(
            conn,
            connection_id,
            keyring,
            http_session,
            force=force,
            rejected=rejected,
            even_if_dead=even_if_dead,
            retry_policies=retry_policies,
        )
    # Outside the block: raised inside, it would take back the mark that the connection is dead.
    if isinstance(found, ReconnectNeeded):
        raise found
    return found


def _stored_or_fresh(
    conn: psycopg.Connection,
    connection_id: int,
    keyring: Keyring,
    http_session: requests.Session,
    *,
    force: bool,
    rejected: str | None,
    even_if_dead: bool,
    retry_policies: Mapping[str, RetryPolicy],
) -> IssuedToken | ReconnectNeeded:
    any_fresh_one = force and rejected is None
    known = _usable(read_connection(conn, connection_id), connection_id, even_if_dead=even_if_dead)
    stored = None if any_fresh_one else _stored(known, keyring, rejected)
    if stored is not None:
        return stored
    known = _usable(_locked(conn, known), connection_id, even_if_dead=even_if_dead)
    # Whoever held the lock before has most likely fetched the token that is wanted here.
    stored = None if any_fresh_one else _stored(known, keyring, rejected)
    if stored is not None:
        return stored
    try:
        return _refresh(conn, known, keyring, http_session, retry_policies)
    except ReconnectNeeded as dead:
        mark_reconnect_needed(conn, connection_id, str(dead))
        return ReconnectNeeded(
            f"{dead} {_how_to_reconnect(known)}",
            status=dead.status,
            code=dead.code,
            tracking_id=dead.tracking_id,
        )


class TokenSource:
    """The `token` of a ZoomClient: hands out one cached token to all threads until it nears its end or is
    refused.

    `connect()` opens a database connection for the rare moments when one is needed.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[psycopg.Connection]],
        connection_id: int,
        keyring: Keyring,
        session_factory: Callable[[], requests.Session],
        retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
    ) -> None:
        self._connect = connect
        self._connection_id = connection_id
        self._keyring = keyring
        self._session_factory = session_factory
        self._retry_policies = retry_policies
        self._lock = threading.Lock()
        self._issued: IssuedToken | None = None
        self._thread = threading.local()

    def __call__(self, rejected: bool) -> str:
        """A token; `rejected` says that Zoom refused the one this thread got last."""
        last: str | None = getattr(self._thread, "token", None)
        refused = last if rejected else None
        with self._lock:
            issued = self._issued
            if issued is None or issued.value == refused or issued.good_until <= datetime.now(UTC):
                # Another thread, task or machine may have a newer one: the database knows.
                issued = self._issued = self._ask(refused)
        self._thread.token = issued.value
        return issued.value

    def _ask(self, refused: str | None) -> IssuedToken:
        with self._connect() as conn, self._session_factory() as session:
            return issue_token(
                conn,
                self._connection_id,
                self._keyring,
                session,
                force=refused is not None,
                rejected=refused,
                retry_policies=self._retry_policies,
            )


def _usable(connection: ZoomConnection | None, connection_id: int, *, even_if_dead: bool) -> ZoomConnection:
    if connection is None:
        raise UnknownConnection(
            f"There is no connection with id {connection_id}: see `rollcall connection list`."
        )
    if not connection.is_active:
        raise InactiveConnection(
            f"Connection {connection.name} is switched off: `rollcall connection activate {connection.name}` "
            "switches it on."
        )
    if connection.reconnect_needed_at is not None and not even_if_dead:
        raise ReconnectNeeded(f"{connection.reconnect_reason} {_how_to_reconnect(connection)}")
    return connection


def _how_to_reconnect(connection: ZoomConnection) -> str:
    return (
        f"Reconnect needed for {connection.name}: check that the app is activated in the Zoom Marketplace, "
        f"then `rollcall connection add {connection.name} --replace …` with fresh credentials."
    )


def _stored(connection: ZoomConnection, keyring: Keyring, rejected: str | None) -> IssuedToken | None:
    if connection.access_token_encrypted is None or connection.token_expires_at is None:
        return None
    lifetime = connection.token_expires_at - connection.updated_at
    good_until = _good_until(connection.token_expires_at, lifetime)
    if good_until <= datetime.now(UTC):
        return None
    token = keyring.decrypt(connection.access_token_encrypted)
    return None if token == rejected else IssuedToken(token, good_until)


def _good_until(expires_at: datetime, lifetime: timedelta) -> datetime:
    # The margin shrinks with tokens that live for seconds, which would otherwise never count as good.
    return expires_at - max(timedelta(0), min(_MARGIN, lifetime / 4))


def _locked(conn: psycopg.Connection, connection: ZoomConnection) -> ZoomConnection | None:
    conn.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'".encode())
    # The call to Zoom below looks like idleness to the server.
    conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    try:
        return lock_connection(conn, connection.id)
    except psycopg.errors.LockNotAvailable:
        raise NetworkFault(
            f"Another worker has been fetching a token for {connection.name} for over {_LOCK_WAIT}; "
            "look for a hanging session on zoom_connections in pg_stat_activity."
        ) from None


def _refresh(
    conn: psycopg.Connection,
    connection: ZoomConnection,
    keyring: Keyring,
    http_session: requests.Session,
    retry_policies: Mapping[str, RetryPolicy],
) -> IssuedToken:
    kept = connection.refresh_token_encrypted
    answer = fetch_token(
        http_session,
        connection.oauth_url,
        connection.kind,
        connection.account_id,
        connection.client_id,
        keyring.decrypt(connection.client_secret_encrypted),
        None if kept is None else keyring.decrypt(kept),
        retry_policies=retry_policies,
    )
    save_tokens(
        conn,
        connection.id,
        access_token_encrypted=keyring.encrypt(answer.access_token),
        token_expires_at=answer.expires_at,
        refresh_token_encrypted=keyring.encrypt(answer.refresh_token) if answer.refresh_token else None,
        granted_scopes=answer.scopes,
    )
    lifetime = answer.expires_at - datetime.now(UTC)
    return IssuedToken(answer.access_token, _good_until(answer.expires_at, lifetime))
