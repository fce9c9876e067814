"""One Zoom account as a task of a run meets it: a session on the run and a paced client."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from rollcall.errors import Parked, RateLimited, SetupError
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from rollcall.store import limits
from rollcall.store.connections import ZoomConnection, read_connection
from rollcall.sync.connection_tokens import TokenSource
from rollcall.sync.run_session import Resources, RunSession

_LATE_SECONDS = 0.025
"""Half of what a pace of 95 % leaves between ten calls and a second."""


class Account(RunSession):
    """A run's view of its Zoom account; a context manager that closes what it opened."""

    def __init__(self, resources: Resources, run_id: int) -> None:
        keyring = resources.keyring()  # where there is none, nothing is left open
        super().__init__(resources, run_id)
        self.report_refused = False
        """The token lacks the report's scope: the fallback is asked straight away."""
        with ExitStack() as opened:
            opened.callback(super().close)
            connection = self._read_connection()
            self.client = ZoomClient(
                resources.session_factory,
                connection.api_url,
                TokenSource(
                    resources.connect,
                    connection.id,
                    keyring,
                    resources.session_factory,
                    self.policies,
                ),
                self._throttle,
                self.policies,
                throttle_feedback=self._hold,
                on_wait=self.name_wait,
                sleep=self.sleep,
            )
            opened.pop_all()

    def close(self) -> None:
        """Close the client and both database connections."""
        self.client.close()
        super().close()

    def _read_connection(self) -> ZoomConnection:
        connection = read_connection(self.conn, self.run.connection_id)
        if connection is None:
            raise SetupError(
                f"Connection {self.run.connection_id} of run {self.run_id} is gone: add it again."
            )
        return connection

    def _throttle(self, label: Label) -> None:
        # Whoever overslept (a machine that stalls) would go out among the slots of others, and one of the next ten
        # would be one too many. Once: where every sleep is too long, calls are far apart by themselves.
        if self._await_slot(label) > _LATE_SECONDS:
            self._await_slot(label)

    def _await_slot(self, label: Label) -> float:
        """Wait for the next call's turn; returns how many seconds late it is."""
        slot = limits.take_slot(self.pace, self.run.connection_id, _column(label))
        if slot.parked_until is not None:
            raise Parked(
                f"The day's budget for {label.value} calls is spent (less the reserve for other apps): "
                f"the run goes on by itself at {slot.parked_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
                slot.parked_until,
            )
        self.name_wait(slot.wait_seconds, f"Waiting for Zoom's limit on {label.value} calls")
        turn = time.monotonic() + slot.wait_seconds
        if slot.wait_seconds > 0:
            self.sleep(slot.wait_seconds)
        return time.monotonic() - turn

    def _hold(self, label: Label, limited: RateLimited) -> None:
        until = limited.retry_at or datetime.now(UTC) + timedelta(seconds=1)
        limits.hold_calls(self.pace, self.run.connection_id, _column(label), until, daily=limited.daily)


def _column(label: Label) -> str:
    return label.value.lower().replace("-", "_")
