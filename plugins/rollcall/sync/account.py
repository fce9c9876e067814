"""One Zoom account as a task of a run meets it: a paced client, a database, and a heartbeat while it waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import psycopg
import requests

from rollcall.errors import Parked, RateLimited, SetupError
from rollcall.secrets import Keyring
from rollcall.sources.retry import RetryPolicy
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from rollcall.store import limits, queue, runs
from rollcall.store.connections import read_connection
from rollcall.sync.connection_tokens import TokenSource

_SLICE_SECONDS = 5.0  # a cancelled run is noticed within this time, whatever it waits for
_NAMED_WAIT_SECONDS = 2.0  # shorter waits are normal pacing and not worth a word
_PROGRESS_SECONDS = 1.0


@dataclass(frozen=True)
class Resources:
    """What a task is given from outside. `connect` opens an autocommit connection as the writer."""

    connect: Callable[[], psycopg.Connection]
    session_factory: Callable[[], requests.Session]
    keyring: Callable[[], Keyring]


class Account:
    """A run's view of its Zoom account; a context manager that closes what it opened.

    `conn` is for the run's data. Pacing and heartbeats go over a connection of their own, so that they never end up
    in a transaction that is rolled back, and may come from several threads.
    """

    def __init__(self, resources: Resources, run_id: int) -> None:
        self.run_id = run_id
        self.conn = resources.connect()
        self._pace = resources.connect()
        self.run = runs.get_run(self.conn, run_id)
        self.item: queue.Item | None = None
        """The lease that waiting keeps alive, if any."""
        self.report_refused = False
        """The token lacks the report's scope: the fallback is asked straight away."""
        connection = read_connection(self.conn, self.run.connection_id)
        if connection is None:
            raise SetupError(f"Connection {self.run.connection_id} of run {run_id} is gone: add it again.")
        self._progress_at = 0.0
        policies = {kind: RetryPolicy(*row) for kind, row in limits.read_retry_policies(self.conn).items()}
        self.client = ZoomClient(
            resources.session_factory,
            connection.api_url,
            TokenSource(
                resources.connect, connection.id, resources.keyring(), resources.session_factory, policies
            ),
            self._throttle,
            policies,
            throttle_feedback=self._hold,
            on_wait=self._name_wait,
            sleep=self._sleep,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self._pace.close()
        self.conn.close()

    def show_progress(self) -> None:
        """Refresh the run's numbers, at most once a second. Raises RunClosed when the run has ended."""
        now = time.monotonic()
        if now - self._progress_at >= _PROGRESS_SECONDS:
            self._progress_at = now
            runs.refresh_progress(self.conn, self.run_id)

    def _throttle(self, label: Label) -> None:
        slot = limits.take_slot(self._pace, self.run.connection_id, _column(label))
        if slot.parked_until is not None:
            raise Parked(
                f"The day's budget for {label.value} calls is spent (less the reserve for other apps): "
                f"the run goes on by itself at {slot.parked_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
                slot.parked_until,
            )
        if slot.wait_seconds > _NAMED_WAIT_SECONDS:
            self._name_wait(slot.wait_seconds, f"Waiting for Zoom's limit on {label.value} calls")
        if slot.wait_seconds > 0:
            self._sleep(slot.wait_seconds)

    def _hold(self, label: Label, limited: RateLimited) -> None:
        until = limited.retry_at or datetime.now(UTC) + timedelta(seconds=1)
        limits.hold_calls(self._pace, self.run.connection_id, _column(label), until, daily=limited.daily)

    def _name_wait(self, seconds: float, reason: str) -> None:
        if seconds >= _NAMED_WAIT_SECONDS:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            runs.set_waiting(self._pace, self.run_id, until, reason, parked=False)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_SECONDS))
            if self.item is not None and left > _SLICE_SECONDS:
                queue.renew(self._pace, self.item)


def _column(label: Label) -> str:
    return label.value.lower().replace("-", "_")
