"""Zoom accounts that rollcall reads: add, list, test, switch off."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
import requests

from rollcall.errors import Parked, SourceError, UnknownConnection, WrongUse
from rollcall.secrets import Keyring
from rollcall.sources.zoom.addresses import API_URL, OAUTH_URL, api_address, oauth_address
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import ENDPOINTS, USERS, Endpoint
from rollcall.sources.zoom.oauth import OAUTH, SERVER_TO_SERVER
from rollcall.sources.zoom.scopes import missing
from rollcall.store import connections as store
from rollcall.store.connections import ZoomConnection
from rollcall.store.database import connected
from rollcall.sync.connection_tokens import issue_token

KINDS = (SERVER_TO_SERVER, OAUTH)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True)
class ConnectionTest:
    """What a test of a connection found.

    `granted` is None where Zoom did not say which scopes the token has; `missing` are the endpoints that it
    does not allow. `called` says that a first call was made, `refusal` is the sentence with which it was
    refused.
    """

    name: str
    granted: tuple[str, ...] | None
    missing: tuple[Endpoint, ...]
    called: bool
    refusal: str | None

    @property
    def passed(self) -> bool:
        """True where all scopes are there and a first call was answered."""
        return not self.missing and self.refusal is None


def add_connection(
    database: psycopg.Connection | str,
    keyring: Keyring,
    *,
    name: str,
    account_id: str | None,
    kind: str,
    plan: str,
    client_id: str,
    client_secret: str,
    refresh_token: str | None = None,
    api_url: str = API_URL,
    oauth_url: str = OAUTH_URL,
    replace: bool = False,
) -> int:
    """Store a connection, its secrets encrypted, and return its id.

    `replace` puts it in place of one with the same name: its tokens are forgotten and it is switched on
    again. Raises WrongUse, naming what to change, for a value that can't be right or a name that is taken.
    """
    if not _NAME.fullmatch(name):
        raise WrongUse(
            "A connection's name begins with a letter or digit, then has letters, digits, `_`, `.` and `-`, "
            "63 characters at most: choose another."
        )
    if kind not in KINDS:
        raise WrongUse(f"Kind {kind!r} is unknown: choose {' or '.join(KINDS)}.")
    if not client_id or not client_secret:
        raise WrongUse(
            f"Connection {name} needs a client id and a client secret: copy both from the Zoom app."
        )
    if kind == SERVER_TO_SERVER and not account_id:
        raise WrongUse(f"Connection {name} is {kind} and needs the account id: copy it from the Zoom app.")
    if kind == OAUTH and not refresh_token:
        raise WrongUse(
            f"Connection {name} is {kind} and needs a refresh token: authorise the Zoom app first."
        )
    with connected(database) as conn, conn.transaction():
        plans = store.read_plans(conn)
        if plan not in plans:
            raise WrongUse(f"Plan {plan!r} is unknown: choose one of {', '.join(plans)}.")
        connection_id = store.insert_connection(
            conn,
            name=name,
            account_id=account_id or None,
            kind=kind,
            plan=plan,
            api_url=api_address(api_url),
            oauth_url=oauth_address(oauth_url),
            client_id=client_id,
            client_secret_encrypted=keyring.encrypt(client_secret),
            refresh_token_encrypted=keyring.encrypt(refresh_token)
            if kind == OAUTH and refresh_token
            else None,
            replace=replace,
        )
    if connection_id is None:
        raise WrongUse(
            f"There is a connection {name} already: choose another name, or replace it with --replace."
        )
    return connection_id


def list_connections(database: psycopg.Connection | str) -> list[ZoomConnection]:
    """All connections by name; their secrets stay encrypted."""
    with connected(database) as conn, conn.transaction():
        return store.read_connections(conn)


def deactivate(database: psycopg.Connection | str, name: str) -> None:
    """Switch a connection off: no run starts for it and no token is given out. Raises UnknownConnection."""
    _switch(database, name, active=False)


def activate(database: psycopg.Connection | str, name: str) -> None:
    """Switch a connection on again. Raises UnknownConnection."""
    _switch(database, name, active=True)


def test_connection(
    database: psycopg.Connection | str, name: str, keyring: Keyring, http_session: requests.Session
) -> ConnectionTest:
    """Fetch a fresh token, compare its scopes with what a sync needs, and make one cheap call.

    Credentials that Zoom declared dead before are tried again; if they work now, the connection is usable
    again. Raises what issue_token raises where no token is to be had.
    """
    with connected(database) as conn:
        with conn.transaction():
            found = _known(conn, name)
        token = issue_token(conn, found.id, keyring, http_session, force=True, even_if_dead=True)
        with conn.transaction():
            scopes = _known(conn, name).granted_scopes
    lacking = missing(ENDPOINTS, scopes) if scopes else ()
    may_call = USERS not in lacking
    return ConnectionTest(
        name=name,
        granted=tuple(scopes) if scopes else None,
        missing=lacking,
        called=may_call,
        refusal=_first_call(found.api_url, token.value, http_session) if may_call else None,
    )


def _switch(database: psycopg.Connection | str, name: str, *, active: bool) -> None:
    with connected(database) as conn, conn.transaction():
        if not store.set_active(conn, name, active):
            _known(conn, name)


def _known(conn: psycopg.Connection, name: str) -> ZoomConnection:
    found = store.find_connection(conn, name)
    if found is None:
        names = ", ".join(connection.name for connection in store.read_connections(conn))
        raise UnknownConnection(
            f"There is no connection {name!r}: "
            + (f"choose one of {names}." if names else "add one with `rollcall connection add`.")
        )
    return found


def _first_call(api_url: str, token: str, http_session: requests.Session) -> str | None:
    # Not closed: the session belongs to the caller.
    client = ZoomClient(lambda: http_session, api_url, lambda _rejected: token, lambda _label: None)
    try:
        client.page(USERS, page_size="1")
    except (SourceError, Parked) as refusal:
        return str(refusal)
    return None
