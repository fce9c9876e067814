"""A task's hold on its run: a connection for data, another for pacing and heartbeats, and waits that are named."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import psycopg
import requests

from rollcall.secrets import Keyring
from rollcall.sources.retry import RetryPolicy
from rollcall.store import limits, queue, runs
from rollcall.store.migrate import check_schema

NAMED_WAIT_SECONDS = 2.0
"""Shorter waits are normal pacing and not worth a word."""

_SLICE_SECONDS = 5.0  # a cancelled run is noticed within this time, whatever it waits for
_PROGRESS_SECONDS = 1.0


@dataclass(frozen=True)
class Resources:
    """What a task is given from outside. `connect` opens an autocommit connection as the writer."""

    connect: Callable[[], psycopg.Connection]
    session_factory: Callable[[], requests.Session]
    keyring: Callable[[], Keyring]


def stored_policies(conn: psycopg.Connection) -> dict[str, RetryPolicy]:
    """How often and when a call is made again, by kind of error, as sync_retry_policies has it."""
    return {kind: RetryPolicy(*row) for kind, row in limits.read_retry_policies(conn).items()}


class RunSession:
    """A task at work on a run; a context manager that closes what it opened.

    `conn` is for the run's data. Pacing and heartbeats go over a connection of their own, `pace`, so that they never
    end up in a transaction that is rolled back, and may come from several threads. Raises SetupError where the schema
    is not this code's: the run may have been parked when rollcall was upgraded.
    """

    def __init__(self, resources: Resources, run_id: int) -> None:
        self.run_id = run_id
        self.item: queue.Item | None = None
        """The lease that waiting keeps alive, if any."""
        with ExitStack() as opened:
            self.conn = opened.enter_context(closing(resources.connect()))
            self.pace = opened.enter_context(closing(resources.connect()))
            check_schema(self.conn)
            self.run = runs.get_run(self.conn, run_id)
            self.policies = stored_policies(self.conn)
            opened.pop_all()
        self._progress_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close both connections."""
        self.pace.close()
        self.conn.close()

    def show_progress(self) -> None:
        """Refresh the run's numbers, at most once a second. Raises RunClosed when the run has ended."""
        now = time.monotonic()
        if now - self._progress_at >= _PROGRESS_SECONDS:
            self._progress_at = now
            runs.refresh_progress(self.conn, self.run_id)

    def name_wait(self, seconds: float, reason: str) -> None:
        """Say on the run what it waits for, where that is worth a word. Raises RunClosed when it has ended."""
        if seconds >= NAMED_WAIT_SECONDS:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            runs.set_waiting(self.pace, self.run_id, until, reason, parked=False)

    def sleep(self, seconds: float) -> None:
        """Sleep and keep the lease in hand alive. Raises RunClosed when the lease is gone."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_SECONDS))
            if self.item is not None and left > _SLICE_SECONDS:
                queue.renew(self.pace, self.item)
