"""One HTTP exchange with a source: the path goes out exactly as given, the answer comes whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError, ProtocolError

from rollcall.sources.addresses import environment_proxies_off
from rollcall.sources.network_faults import CONNECT_SECONDS, READ_SECONDS, network_fault

_CHUNK_BYTES = 1024 * 1024  # a page of 300 rows in one piece
_TIMEOUT = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)


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
        line = self._line()
        headers = {**line.headers, "Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers.update({"Content-Type": "application/json", "Content-Length": str(len(body))})
        try:
            if line.pool is None:
                return line.send_by_requests(method, self._api_url + target, headers, body)
            return line.send(line.pool, method, line.path + target, headers, body)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # Without its cause: that text holds the whole address, or a header.
            raise network_fault(error, what, self._source) from None

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            sessions, self._opened = self._opened, []
        for session in sessions:
            session.close()
        self._thread = threading.local()

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._thread, "line", None)
        if line is None:
            session = self._session_factory()
            line = self._thread.line = _Line(session, self._api_url)
            with self._lock:
                self._opened.append(session)
        return line


class _Line:
    """A thread's session, and all of it that is the same for each call: requests would work it out each time, which
    takes as long as the rest of a call. It would also put .netrc or the session's own login in place of the token.

    `pool` has the session's own connections, None where requests has to send: through a proxy, or by an adapter of
    another kind.
    """

    def __init__(self, session: requests.Session, api_url: str) -> None:
        self.headers = {
            name: value if isinstance(value, str) else value.decode("latin-1")
            for name, value in session.headers.items()
        }
        self.path = urllib3.util.parse_url(api_url).path or ""
        # Proxies and certificates of the environment.
        proxies = environment_proxies_off(api_url)
        self._settings: dict[str, Any] = dict(
            session.merge_environment_settings(api_url, proxies, None, None, None)
        )
        self._adapter = adapter = session.get_adapter(api_url)
        self._retries: urllib3.Retry | None = None
        self.pool: urllib3.HTTPConnectionPool | None = None
        if isinstance(adapter, HTTPAdapter) and not select_proxy(api_url, self._settings["proxies"]):
            request = requests.PreparedRequest()
            request.url = api_url
            verify, cert = self._settings["verify"], self._settings["cert"]
            pool = adapter.get_connection_with_tls_context(request, verify, cert=cert)
            if isinstance(pool, urllib3.HTTPConnectionPool):
                adapter.cert_verify(pool, api_url, verify, cert)  # type: ignore[no-untyped-call]
                self.pool, self._retries = pool, adapter.max_retries

    def send(
        self,
        pool: urllib3.HTTPConnectionPool,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> Answer:
        """As requests' adapter does it, to a path of the address."""
        response = pool.urlopen(
            method,
            path,
            body=body,
            headers=headers,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            retries=self._retries,
            timeout=_TIMEOUT,
        )
        try:
            return Answer(response.status, response.headers, response.read())
        except ProtocolError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error

    def send_by_requests(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """As it is sent where there is no pool."""
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, url, body
        request.headers = CaseInsensitiveDict(headers)
        response = self._adapter.send(
            request, timeout=(CONNECT_SECONDS, READ_SECONDS), **{**self._settings, "stream": True}
        )
        return Answer(response.status_code, response.headers, b"".join(response.iter_content(_CHUNK_BYTES)))
