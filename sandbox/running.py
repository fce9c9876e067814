"""A sandbox as a context manager: a server in its own process on a free port, while it is needed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[1]


class SandboxStartError(RuntimeError):
    """The server ended, or did not answer in time; the message carries what it said."""


class RunningSandbox:
    """A server started as `python -m <module>`, with what every sandbox can be told; `base` is its address.

    `start_seconds` is how long it may take to answer.
    """

    module = ""

    def __init__(self, profile: str = "demo", *options: str, start_seconds: float = 60) -> None:
        self._options = ["--profile", profile, *options]
        self._start_seconds = start_seconds
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self.base = ""

    @property
    def pid(self) -> int:
        """The server's process id, 0 while it does not run."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> Self:
        """Start the server and wait until it answers. Raises SandboxStartError."""
        port_file, log = Path(self._folder.name) / "port", Path(self._folder.name) / "log"
        command = [sys.executable, "-m", self.module, "--port", "0", "--port-file", str(port_file)]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, *self._options], cwd=ROOT, stdout=output, stderr=output
            )
        deadline = time.monotonic() + self._start_seconds
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:]
                self.close()
                raise SandboxStartError(f"The sandbox did not start; it said: {said}")
            time.sleep(0.01)
        self.base = f"http://127.0.0.1:{port_file.read_text().strip()}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.close()

    def close(self) -> None:
        """Stop the server and wait until it is gone."""
        self._session.close()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()

    def _control(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        answer = self._session.request(
            method, f"{self.base}/sandbox/{path}", json=body, params=params, timeout=60
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, **order: Any) -> None:
        """Order a fault; the sandbox's `Fault` tells what `order` may hold."""
        self._control("POST", "faults", {"kind": kind, **order})

    def clear_faults(self) -> None:
        """Take all orders back."""
        self._control("DELETE", "faults")

    def calls(self) -> dict[str, Any]:
        """What was called since the start or the last reset."""
        told: dict[str, Any] = self._control("GET", "calls")
        return told

    def reset_calls(self) -> None:
        """Count from nought again."""
        self._control("DELETE", "calls")

    def edit(self, what: str, **order: Any) -> dict[str, Any]:
        """Change the world; the sandbox's `EDITS` are what can be done to it."""
        told: dict[str, Any] = self._control("POST", "world", {"do": what, **order})
        return told
