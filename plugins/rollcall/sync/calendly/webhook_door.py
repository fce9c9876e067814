"""The receiving side of webhooks in one API server: few threads, each with a connection that stays open.

Deliveries come in bursts, and each is to be answered within a second: opening a connection for each would take most
of it, and a hundred of them more connections than a database has. The threads are its own, so that a database that
hangs holds up deliveries and nothing else of the server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from rollcall.errors import DatabaseUnreachable, RollcallError
from rollcall.secrets import Keyring
from rollcall.sync.calendly.deliveries import Received, apply_waiting, receive

T = TypeVar("T")

_log = logging.getLogger(__name__)

_RECEIVING_THREADS = 4
_MOST_WAITING = 500
_STATEMENT_SECONDS = 8
"""Calendly gives up after 15."""

_BUSY = Received(503, "Not stored, send it again.")


class WebhookDoor:
    """Receives deliveries and applies them. Opens nothing before the first one comes.

    `connect` opens an autocommit connection as the writer; `tolerance_seconds` tells how far a signature's time may
    be from ours. Both, and the keyring, may raise a RollcallError: the delivery is answered with 503 then.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        keyring: Callable[[], Keyring],
        tolerance_seconds: Callable[[], float],
    ) -> None:
        self._connect = connect
        self._keyring = keyring
        self._tolerance_seconds = tolerance_seconds
        self._receiving = ThreadPoolExecutor(_RECEIVING_THREADS, thread_name_prefix="webhook-receive")
        self._applying = ThreadPoolExecutor(1, thread_name_prefix="webhook-apply")
        self._kept: dict[int, psycopg.Connection] = {}
        self._room = threading.BoundedSemaphore(_MOST_WAITING)
        self._due: set[int] = set()
        self._due_lock = threading.Lock()

    async def receive(self, public_id: str, signature: str | None, body: bytes | None) -> Received:
        """Verify and store one delivery, its body None where it was too large.

        503 where it can't be stored for now: Calendly sends it again.
        """
        if not self._room.acquire(blocking=False):
            return _BUSY
        answer = self._receiving.submit(self._received, public_id, signature, body)
        answer.add_done_callback(lambda _done: self._room.release())
        return await asyncio.wrap_future(answer)

    def apply_later(self, user_id: int) -> None:
        """Apply what waits for the user, soon and in the background. What fails here waits for the next delivery or
        sync."""
        with self._due_lock:
            # Whoever is in the set has not begun to read, and will see what is stored by now.
            if user_id in self._due:
                return
            self._due.add(user_id)
        self._applying.submit(self._applied, user_id)

    def close(self) -> None:
        """Finish what was begun, end the threads, close their connections."""
        self._receiving.shutdown()
        self._applying.shutdown()
        for conn in self._kept.values():
            conn.close()

    def _received(self, public_id: str, signature: str | None, body: bytes | None) -> Received:
        def work(conn: psycopg.Connection) -> Received:
            tolerance = self._tolerance_seconds()
            return receive(conn, self._keyring, public_id, signature, body, tolerance_seconds=tolerance)

        return self._settled(work, "receive a delivery") or _BUSY

    def _applied(self, user_id: int) -> None:
        with self._due_lock:
            self._due.discard(user_id)
        self._settled(lambda conn: apply_waiting(conn, user_id), f"apply the deliveries of user {user_id}")

    def _settled(self, work: Callable[[psycopg.Connection], T], what: str) -> T | None:
        """What `work` returns; None, and a line in the log, where it could not be done."""
        try:
            return self._with_connection(work)
        except RollcallError as error:
            _log.error("Could not %s: %s", what, error)
        except psycopg.Error as error:
            # Not its words: they may quote a row.
            _log.error("Could not %s: the database refused (%s).", what, type(error).__name__)
        return None

    def _with_connection(self, work: Callable[[psycopg.Connection], T]) -> T:
        """`work` on this thread's connection; once more on a fresh one where the old one was cut in the meantime."""
        kept = self._kept.get(threading.get_ident())
        if kept is not None and not kept.closed:
            try:
                return work(kept)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if not kept.closed:
                    raise
        fresh = self._kept[threading.get_ident()] = self._opened()
        return work(fresh)

    def _opened(self) -> psycopg.Connection:
        try:
            conn = self._connect()
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(
                f"The data database does not answer ({type(error).__name__})."
            ) from error
        conn.execute(f"SET statement_timeout TO '{_STATEMENT_SECONDS}s'")
        return conn
