"""An access token for a user's Calendly: the personal one, or OAuth's, refreshed under a row lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg

from rollcall.errors import InactiveConnection, ReconnectNeeded, UnknownConnection
from rollcall.sources.calendly.tokens import PERSONAL, personal_token_dead, refresh_tokens
from rollcall.sources.retry import RetryPolicy
from rollcall.store.users import (
    CalendlyUser,
    lock_user,
    mark_user_reconnect_needed,
    read_user,
    save_user_tokens,
)
from rollcall.sync.run_session import Resources

# A token this near its end may be dead before the call that carries it arrives.
_MARGIN = timedelta(seconds=90)

_LOOK_SECONDS = 60.0
"""A personal token never ends by itself: so often somebody looks whether its user was switched off."""


def token_source(
    resources: Resources, user: CalendlyUser, policies: Mapping[str, RetryPolicy]
) -> Callable[[bool], str]:
    """The `token` of a CalendlyClient. Calling it raises ReconnectNeeded where a person must connect again, and marks
    the user; InactiveConnection where the user was switched off since (a personal token: a minute ago at the most;
    OAuth's: when it must be refreshed)."""
    if user.calendly_token_kind == PERSONAL:
        return _Personal(resources, user)
    return _Refreshed(resources, user, policies)


def must_be_active(user: CalendlyUser) -> None:
    """Raise InactiveConnection for a user who is switched off. By id: e-mails have no place in logs and XComs."""
    if not user.calendly_is_active:
        raise InactiveConnection(
            f"Calendly user {user.id} is switched off: `rollcall calendly activate {user.id}` switches it on."
        )


class _Personal:
    def __init__(self, resources: Resources, user: CalendlyUser) -> None:
        self._resources = resources
        self._user = user
        self._token: str | None = None
        self._looked_at = time.monotonic()

    def __call__(self, rejected: bool) -> str:
        if self._token is None:
            self._token = _decrypted(self._resources, self._user)
        elif rejected:
            with closing(self._resources.connect()) as conn:
                self._token = self._replaced(conn, self._token)
        elif time.monotonic() - self._looked_at > _LOOK_SECONDS:
            with closing(self._resources.connect()) as conn:
                must_be_active(_known(read_user(conn, self._user.id), self._user.id))
            self._looked_at = time.monotonic()
        return self._token

    def _replaced(self, conn: psycopg.Connection, refused: str) -> str:
        """The token that somebody stored meanwhile; without one the user is marked, and ReconnectNeeded raised."""
        with conn.transaction():
            user = lock_user(conn, self._user.id)
            stored = user.calendly_token_encrypted if user else None
            if stored is not None and (token := self._resources.keyring().decrypt(stored)) != refused:
                return token
            dead = personal_token_dead()
            mark_user_reconnect_needed(conn, self._user.id, str(dead))
        # Outside the block: raised inside, it would take back the mark.
        raise _reconnect_needed(str(dead), self._user.id, dead.status)


class _Refreshed:
    """OAuth: the refresh token dies with its use, so one worker refreshes while the others wait, and the new pair is
    stored before anybody uses it."""

    def __init__(self, resources: Resources, user: CalendlyUser, policies: Mapping[str, RetryPolicy]) -> None:
        self._resources = resources
        self._user_id = user.id
        self._policies = policies
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = datetime.min.replace(tzinfo=UTC)

    def __call__(self, rejected: bool) -> str:
        with self._lock:
            if self._token is None or rejected or self._good_until <= datetime.now(UTC):
                refused = self._token if rejected else None
                with closing(self._resources.connect()) as conn:
                    self._token, self._good_until = self._stored_or_fresh(conn, refused)
            return self._token

    def _stored_or_fresh(self, conn: psycopg.Connection, refused: str | None) -> tuple[str, datetime]:
        with conn.transaction():
            # The call to Calendly below looks like idleness to the server.
            conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            user = _known(lock_user(conn, self._user_id), self._user_id)
            must_be_active(user)
            stored = _decrypted(self._resources, user)
            expires_at = user.calendly_token_expires_at
            if stored != refused and expires_at is not None and expires_at - _MARGIN > datetime.now(UTC):
                return stored, expires_at - _MARGIN
            try:
                return self._refresh(conn, user)
            except ReconnectNeeded as caught:
                mark_user_reconnect_needed(conn, user.id, str(caught))
                dead = caught
        # Outside the block: raised inside, it would take back the mark.
        raise _reconnect_needed(str(dead), self._user_id, dead.status)

    def _refresh(self, conn: psycopg.Connection, user: CalendlyUser) -> tuple[str, datetime]:
        ring = self._resources.keyring()
        secret, refresh_token = user.calendly_client_secret_encrypted, user.calendly_refresh_token_encrypted
        if user.calendly_client_id is None or secret is None or refresh_token is None:
            raise ReconnectNeeded("The app's secret or the refresh token is not stored.")
        with self._resources.session_factory() as session:
            answer = refresh_tokens(
                session,
                user.calendly_oauth_url,
                user.calendly_client_id,
                ring.decrypt(secret),
                ring.decrypt(refresh_token),
                retry_policies=self._policies,
            )
        save_user_tokens(
            conn,
            user.id,
            token_encrypted=ring.encrypt(answer.access_token),
            refresh_token_encrypted=ring.encrypt(answer.refresh_token) if answer.refresh_token else None,
            token_expires_at=answer.expires_at,
        )
        return answer.access_token, answer.expires_at - _MARGIN


def _known(user: CalendlyUser | None, user_id: int) -> CalendlyUser:
    if user is None:
        raise UnknownConnection(
            f"There is no Calendly user with id {user_id} any more: connect it with `rollcall calendly connect`."
        )
    return user


def _decrypted(resources: Resources, user: CalendlyUser) -> str:
    if user.calendly_token_encrypted is None:
        raise _reconnect_needed("No token is stored.", user.id)
    if user.calendly_reconnect_needed_at is not None:
        raise _reconnect_needed(user.calendly_reconnect_reason or "", user.id)
    return resources.keyring().decrypt(user.calendly_token_encrypted)


def _reconnect_needed(why: str, user_id: int, status: int | None = None) -> ReconnectNeeded:
    return ReconnectNeeded(
        f"{why} Reconnect needed for Calendly user {user_id}: `rollcall calendly connect`.", status=status
    )
