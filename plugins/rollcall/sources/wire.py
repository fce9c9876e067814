"""One HTTP exchange with a source: the path goes out exactly as given, the answer comes whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from rollcall.errors import NetworkFault
from rollcall.sources.addresses import environment_proxies_off

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
_CHUNK_BYTES = 1024 * 1024  # a page of 300 rows in one piece


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` are matched in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Keeps one session, and with it one open connection, per thread. `source` is its name in messages."""

    def __init__(self, session_factory: Callable[[], requests.Session], api_url: str, source: str) -> None:
        self._source = source
        self._session_factory = session_factory
        self._api_url = api_url.rstrip("/")
        self._thread = threading.local()
        self._opened: list[requests.Session] = []
        self._lock = threading.Lock()

    def send(self, method: str, target: str, token: str, what: str, body: bytes | None = None) -> Answer:
        """Send `method` to `target` (path and query, encoded already), with `body` as JSON where one is given.

        Redirects are not followed: the token is for this address only. `what` names the call in messages.
        Raises NetworkFault where no whole answer came.
        """
        session, usual, settings = self._session()
        # Not prepared by requests: that takes as long as all the rest of a call, and would put .netrc or the session's
        # own login in place of the token.
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, self._api_url + target, body
        request.headers = CaseInsensitiveDict(usual)
        request.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        if body is not None:
            request.headers.update({"Content-Type": "application/json", "Content-Length": str(len(body))})
        try:
            response = session.get_adapter(request.url).send(
                request, timeout=(CONNECT_SECONDS, READ_SECONDS), **settings
            )
            whole = b"".join(response.iter_content(_CHUNK_BYTES))
        except (requests.RequestException, ValueError) as error:
            # Without its cause: that text holds the whole address, or a header.
            raise network_fault(error, what, self._source) from None
        return Answer(response.status_code, response.headers, whole)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            sessions, self._opened = self._opened, []
        for session in sessions:
            session.close()
        self._thread = threading.local()

    def _session(self) -> tuple[requests.Session, dict[str, str], dict[str, Any]]:
        """This thread's session, its headers, and how it sends."""
        known: tuple[requests.Session, dict[str, str], dict[str, Any]] | None
        known = getattr(self._thread, "session", None)
        if known is None:
            session = self._session_factory()
            headers = {
                name: value if isinstance(value, str) else value.decode("latin-1")
                for name, value in session.headers.items()
            }
            # Proxies and certificates of the environment, read once instead of for each call.
            proxies = environment_proxies_off(self._api_url)
            settings = dict(session.merge_environment_settings(self._api_url, proxies, None, None, None))
            settings["stream"] = True
            known = self._thread.session = (session, headers, settings)
            with self._lock:
                self._opened.append(session)
        return known


def network_fault(error: Exception, what: str, source: str) -> NetworkFault:
    """The error for a call that got no whole answer, without addresses or bodies in its message."""
    match error:
        case requests.exceptions.SSLError():
            why = (
                "the TLS certificate was not accepted; check the address and the certificates of this machine"
            )
        case requests.exceptions.ConnectTimeout():
            why = f"no connection within {CONNECT_SECONDS:.0f} s; check network, proxy and address"
        case requests.exceptions.ReadTimeout():
            why = f"no data for {READ_SECONDS:.0f} s"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            why = "the answer was cut short"
        case requests.exceptions.ProxyError():
            why = "the proxy did not let it through; check the proxy settings"
        case requests.exceptions.ConnectionError():
            why = "the connection failed or was cut; check network and address"
        case _:
            why = f"{type(error).__name__}; check the address of the connection"
    return NetworkFault(f"No answer from {source} for {what}: {why}.")
