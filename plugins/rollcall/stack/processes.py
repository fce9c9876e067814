"""Starts, names and stops the stack's programs, so that only a process that is ours is ever signalled.

A process id alone is no name: the system hands it out again. Here a program is its id *and* its start time,
and each is started as the leader of a session of its own. That keeps a Ctrl-C in the terminal away from it,
and lets a stop reach all it started in turn, above all Airflow's tasks, which move to process groups of their
own but stay in the session.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from rollcall.errors import SetupError

# The start time is derived from the boot time, which moves a little when the clock is set.
_SAME_START_SECONDS = 5.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Started:
    """A program as it can be found again later: `pid`, and `started_at` in seconds since 1970."""

    name: str
    pid: int
    started_at: float

    def is_running(self) -> bool:
        """Tell whether this very program still runs (a recycled pid or a zombie doesn't count)."""
        try:
            process = psutil.Process(self.pid)
            return self._is(process) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def was_replaced(self) -> bool:
        """Tell whether the system has given this program's id to another one since."""
        try:
            return not self._is(psutil.Process(self.pid))
        except psutil.NoSuchProcess:
            return False

    def _is(self, process: psutil.Process) -> bool:
        return abs(process.create_time() - self.started_at) <= _SAME_START_SECONDS


class Program:
    """A child process of ours with its log file."""

    def __init__(self, name: str, arguments: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        """Start `arguments` in a session of its own; output is appended to `log`.

        Raises SetupError where the program can't be executed.
        """
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            try:
                self._process = subprocess.Popen(
                    list(arguments),
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SetupError(
                    f"{name} could not be started: {error.strerror}: {arguments[0]}. "
                    "Run `make clean` and try again: it sets the programs up anew."
                ) from error
        try:
            started_at = psutil.Process(self._process.pid).create_time()
        except psutil.NoSuchProcess:
            started_at = time.time()
        self.started = Started(name, self._process.pid, started_at)

    def exit_code(self) -> int | None:
        """Return the exit code, None while the program runs."""
        return self._process.poll()

    def listens_on(self, port: int) -> bool:
        """Tell whether it is this program, not a stranger, that serves `port`."""
        try:
            connections = psutil.Process(self.started.pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)

    def reap(self) -> None:
        """Collect the exit code of a program that was ended, so that it doesn't stay as a zombie."""
        self._process.wait()

    def died_message(self, doing: str) -> str:
        """Say in a sentence that the program ended while `doing`, and where to look."""
        code = self.exit_code()
        ending = (
            f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        )
        return f"{self.name} {ending} while {doing}. Its log says why: {self.log}"


def end_sessions(leaders: Sequence[Started], patience: float) -> list[Started]:
    """End `leaders` and every process of their sessions; return those of which anything ran.

    All are asked with SIGTERM at once and share `patience` seconds; what is left of their sessions is then
    killed.
    """
    running = [leader for leader in leaders if leader.is_running()]
    for leader in running:
        _signal(leader.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while any(leader.is_running() for leader in running) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    found = list(running)
    # A second look catches what a dying process started in between.
    for leader in (*leaders, *leaders):
        members = _session_members(leader)
        for pid in members:
            _signal(pid, signal.SIGKILL)
        if members and leader not in found:
            found.append(leader)
    return found


def _session_members(leader: Started) -> list[int]:
    """List the processes of the session `leader` opened.

    The kernel doesn't hand out an id again that still names a session, so members without a leader are ours
    unless the leader's id already belongs to another program.
    """
    if leader.was_replaced():
        return []
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) != leader.pid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.create_time() >= leader.started_at - _SAME_START_SECONDS:
                members.append(process.pid)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
    return members


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
