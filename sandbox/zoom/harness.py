"""The sandbox as a context manager: a server in its own process on a free port, while it is needed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from sandbox.zoom.oauth import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET

ROOT = Path(__file__).resolve().parents[2]


class SandboxStartError(RuntimeError):
    """The server ended, or did not answer in time; the message carries what it said."""


class Sandbox:
    """A running fake Zoom.

        with Sandbox("demo", "--limits", "pro") as zoom:
            zoom.fault("500", match="report", times=2)
            ...
            zoom.calls()["endpoints"]

    `base` is the address, `api_url` and `oauth_url` what a connection needs.
    """

    def __init__(self, profile: str = "demo", *options: str, start_seconds: float = 60) -> None:
        self._options = ["--profile", profile, *options]
        self._start_seconds = start_seconds
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = ""
        self.base = ""

    @property
    def api_url(self) -> str:
        """The API's address, with its version."""
        return f"{self.base}/v2"

    @property
    def oauth_url(self) -> str:
        """The token endpoint."""
        return f"{self.base}/oauth/token"

    @property
    def pid(self) -> int:
        """The server's process id, 0 while it does not run."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> Self:
        """Start the server and wait until it answers. Raises SandboxStartError."""
        port_file, log = Path(self._folder.name) / "port", Path(self._folder.name) / "log"
        command = [sys.executable, "-m", "sandbox.zoom", "--port", "0", "--port-file", str(port_file)]
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

    def grant(self, **changes: str) -> requests.Response:
        """Ask for an access token; `changes` replace or add form fields, `client_id` and `client_secret`."""
        client = (changes.pop("client_id", CLIENT_ID), changes.pop("client_secret", CLIENT_SECRET))
        form = {"grant_type": "account_credentials", "account_id": ACCOUNT_ID, **changes}
        return self._session.post(self.oauth_url, data=form, auth=client, timeout=60)

    def get(self, path: str, **params: str | int) -> requests.Response:
        """Call the API with a token of the sandbox's own; `path` begins after /v2 and is sent as it is."""
        if not self._token:
            self._token = self.grant().json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._session.get(f"{self.api_url}{path}", params=params, headers=headers, timeout=60)

    def _control(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        answer = self._session.request(
            method, f"{self.base}/sandbox/{path}", json=body, params=params, timeout=60
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, **order: Any) -> None:
        """Order a fault; `order` takes match, times, after, retry_after, seconds, scopes, status."""
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

    @property
    def truth(self) -> dict[str, Any]:
        """The truth of the whole world as it is now."""
        told: dict[str, Any] = self._control("GET", "truth")
        return told

    def instance_truth(self, uuid: str, source: str = "report") -> dict[str, Any]:
        """The truth of one instance, as far as `source` ("report" or "past_webinars") can tell it."""
        told: dict[str, Any] = self._control("GET", "truth", uuid=uuid, source=source)
        return told

    def report(self) -> dict[str, Any]:
        """The header numbers of the replayed report."""
        told: dict[str, Any] = self._control("GET", "report")
        return told

    def edit(self, what: str, **order: Any) -> dict[str, Any]:
        """Change the world: reveal, change_leave, add_instance, expire_id, set_gap, grant_scopes,
        revoke_tokens.
        """
        told: dict[str, Any] = self._control("POST", "world", {"do": what, **order})
        return told
