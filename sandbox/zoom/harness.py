"""The fake Zoom as a context manager: a server in its own process on a free port, while it is needed."""

from __future__ import annotations

from typing import Any

import requests

from sandbox.running import ROOT, RunningSandbox, SandboxStartError
from sandbox.zoom.oauth import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET

__all__ = ["ROOT", "Sandbox", "SandboxStartError"]


class Sandbox(RunningSandbox):
    """A running fake Zoom.

        with Sandbox("demo", "--limits", "pro") as zoom:
            zoom.fault("500", match="report", times=2)
            ...
            zoom.calls()["endpoints"]

    `base` is the address, `api_url` and `oauth_url` what a connection needs. `fault` takes match, times, after,
    retry_after, seconds, scopes, status. `edit` does reveal, change_leave, change_leaves, add_instance, expire_id,
    delete_host, set_gap, grant_scopes, revoke_tokens.
    """

    module = "sandbox.zoom"
    _token = ""

    @property
    def api_url(self) -> str:
        """The API's address, with its version."""
        return f"{self.base}/v2"

    @property
    def oauth_url(self) -> str:
        """The token endpoint."""
        return f"{self.base}/oauth/token"

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

    @property
    def truth(self) -> dict[str, Any]:
        """The truth of the whole world as it is now."""
        told: dict[str, Any] = self._control("GET", "truth")
        return told

    @property
    def instances(self) -> list[dict[str, Any]]:
        """Every instance's `uuid`, `webinar_id` and `rows` (0 where its report is refused)."""
        told: list[dict[str, Any]] = self._control("GET", "instances")
        return told

    def instance_truth(self, uuid: str, source: str = "report") -> dict[str, Any]:
        """The truth of one instance, as far as `source` ("report" or "past_webinars") can tell it."""
        told: dict[str, Any] = self._control("GET", "truth", uuid=uuid, source=source)
        return told

    def report(self) -> dict[str, Any]:
        """The header numbers of the replayed report."""
        told: dict[str, Any] = self._control("GET", "report")
        return told
