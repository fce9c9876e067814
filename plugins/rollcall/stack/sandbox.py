"""Starts the sandbox, a fake Zoom and a fake Calendly, as programs of the stack, and registers what reads them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import requests

from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from rollcall.stack.postgres_home import clean_environment
from rollcall.stack.processes import Program
from rollcall.stack.state import REPOSITORY, StateFolder
from rollcall.store.database import open_database
from rollcall.sync.calendly.connect import connect
from rollcall.sync.connections import add_connection
from rollcall.sync.run_session import Resources

CONNECTION = "sandbox"
_START_SECONDS = 60
_WORLD_LASTS = timedelta(days=14)
_CALENDLY_TOKEN = "sandbox-calendly-token"  # noqa: S105 - the sandbox accepts this one and guards nothing


class StartingSandbox:
    """A sandbox that has been started and may not answer yet, so that several can start at the same time."""

    def __init__(
        self, state: StateFolder, source: str, arguments: Sequence[str], started: Callable[[Program], None]
    ) -> None:
        """Start the fake of `source` (zoom or calendly) with extra `arguments`; `started` is told of it."""
        self._port_file = state.path / f"sandbox-{source}-port"
        self._port_file.unlink(missing_ok=True)
        module = ("-m", f"sandbox.{source}", "--port", "0", "--port-file", str(self._port_file))
        self._log = state.logs / f"sandbox-{source}.log"
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        self._program = Program(
            f"the sandbox's {source.capitalize()}",
            [sys.executable, *module, *arguments],
            env={**clean_environment(), "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
            log=self._log,
        )
        started(self._program)

    def wait(self) -> str:
        """Return its address, without a path, once it answers. Raises SetupError with its own last words where it
        ends instead."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._port_file.exists():
            if self._program.exit_code() is not None:
                raise SetupError(
                    f"{self._program.died_message('starting')} "
                    f"Its last words: {_last_line(self._log, self._log_start)}"
                )
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{self._program.name} does not answer after {_START_SECONDS} seconds; its log: {self._log}"
                )
            time.sleep(0.05)
        port = int(self._port_file.read_text(encoding="utf-8"))
        return f"http://127.0.0.1:{port}"


def register_connection(dsn: str, url: str, environment: Mapping[str, str]) -> None:
    """Store the connection `sandbox` to the fake Zoom at `url`, so that a person can press Trigger at once; an older
    one is replaced."""
    add_connection(
        dsn,
        Keyring.from_env(environment),
        name=CONNECTION,
        account_id="sandbox-account",
        kind="server_to_server",
        plan="unlimited",
        api_url=f"{url}/v2",
        oauth_url=f"{url}/oauth/token",
        client_id="sandbox-client",
        client_secret="sandbox-secret",  # noqa: S106 - the sandbox accepts this one and guards nothing
        replace=True,
    )


def register_user(dsn: str, url: str, environment: Mapping[str, str]) -> str:
    """Connect the owner of the sandbox's Calendly organization as the command would; returns the e-mail.

    An older token and address are replaced, what was synced stays. Raises SourceError where no good answer comes.
    """
    database = partial(open_database, dsn)
    resources = Resources(database, requests.Session, lambda: Keyring.from_env(environment))
    with closing(database()) as conn:
        proof = connect(resources, conn, _CALENDLY_TOKEN, scope="organization", api_url=url)
    return proof.standing.email


def world_time(state: StateFolder) -> str:
    """Return the time the sandbox's worlds are seen from: the same at each start for two weeks, then anew.

    A world that moved with every start would bring new instances each time and no sync would ever find
    nothing new.
    """
    kept = state.path / "sandbox-now"
    now = datetime.now(UTC)
    if kept.exists():
        seen_from = datetime.fromisoformat(kept.read_text(encoding="utf-8"))
        if now - _WORLD_LASTS < seen_from <= now:
            return seen_from.isoformat()
    kept.write_text(now.isoformat(timespec="seconds"), encoding="utf-8")
    return now.isoformat(timespec="seconds")


def _last_line(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode("utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "none."
