"""Starts the sandbox, a fake Zoom, as a program of the stack and registers the connection `sandbox`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from rollcall.stack.postgres_home import clean_environment
from rollcall.stack.processes import Program
from rollcall.stack.state import REPOSITORY, StateFolder
from rollcall.sync.connections import add_connection

CONNECTION = "sandbox"
_START_SECONDS = 60
_WORLD_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its program and its address without a path."""

    program: Program
    url: str


def start_sandbox(
    state: StateFolder, arguments: Sequence[str], started: Callable[[Program], None]
) -> Sandbox:
    """Start the sandbox with extra `arguments` and return once it answers.

    Raises SetupError with its own last words where it ends instead.
    """
    port_file = state.path / "sandbox-port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox.zoom", "--port", "0", "--port-file", str(port_file), *arguments]
    environment = {**clean_environment(), "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    log = state.logs / "sandbox.log"
    log_start = log.stat().st_size if log.exists() else 0
    program = Program("the sandbox", command, env=environment, log=log)
    started(program)
    deadline = time.monotonic() + _START_SECONDS
    while not port_file.exists():
        if program.exit_code() is not None:
            raise SetupError(
                f"{program.died_message('starting')} Its last words: {_last_line(log, log_start)}"
            )
        if time.monotonic() > deadline:
            raise SetupError(f"the sandbox does not answer after {_START_SECONDS} seconds; its log: {log}")
        time.sleep(0.05)
    return Sandbox(program, f"http://127.0.0.1:{int(port_file.read_text(encoding='utf-8'))}")


def register_connection(dsn: str, sandbox: Sandbox, environment: Mapping[str, str]) -> None:
    """Store the connection `sandbox` so that a person can press Trigger at once; an older one is replaced."""
    add_connection(
        dsn,
        Keyring.from_env(environment),
        name=CONNECTION,
        account_id="sandbox-account",
        kind="server_to_server",
        plan="unlimited",
        api_url=f"{sandbox.url}/v2",
        oauth_url=f"{sandbox.url}/oauth/token",
        client_id="sandbox-client",
        client_secret="sandbox-secret",  # noqa: S106 - the sandbox accepts this one and guards nothing
        replace=True,
    )


def world_time(state: StateFolder) -> str:
    """Return the time the sandbox's world is seen from: the same at each start for two weeks, then anew.

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
