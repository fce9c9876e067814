"""A small HTTP/1.1 server that can also misbehave on purpose.

An ASGI server would do for the answers but not for the faults: a body that is cut short and a connection that
drops must be possible on the wire, and the path must reach the application as it was sent (`%2F` still
encoded).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from httptools import HttpParserError, HttpRequestParser

Bytes = bytes | memoryview
JSON = b"application/json;charset=UTF-8"
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """One request. `target` is the path with the query exactly as sent; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The part before the `?`, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The part after the `?`, still percent-encoded."""
        return self.target.partition("?")[2]


@dataclass(slots=True)
class Reply:
    """One answer. `delay` is in seconds; `wire` says whether it reaches the client whole, cut short or not at
    all.

    `done` is called when the answer has left (or was dropped), so that calls under way can be counted.
    """

    status: int = 200
    parts: list[Bytes] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content_type: bytes = JSON
    delay: float = 0.0
    wire: Literal["whole", "cut", "drop"] = "whole"
    done: Callable[[], None] | None = None

    def encoded(self) -> list[Bytes]:
        """The bytes to send; a cut reply promises its whole length and carries half."""
        length = sum(len(part) for part in self.parts)
        head = [b"HTTP/1.1 %d %s\r\n" % (self.status, _REASONS.get(self.status, b"Unknown"))]
        head.append(b"Content-Type: %s\r\nContent-Length: %d\r\n" % (self.content_type, length))
        head.extend(b"%s: %s\r\n" % pair for pair in self.headers)
        head.append(b"\r\n")
        if self.wire == "cut":
            return [*head, b"".join(self.parts)[: length // 2]]
        return [*head, *self.parts]


Application = Callable[[Request], Reply]


class Connection(asyncio.Protocol):
    """One client connection; answers its requests in the order they came."""

    def __init__(self, application: Application, open_connections: set[Connection]) -> None:
        self._application = application
        self._open = open_connections
        self._parser = HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._answering = False
        self._target = bytearray()
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._keep_alive = True
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the way back to the client."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio gives nothing else to a stream protocol
        self.transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the client."""
        self._open.discard(self)
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire."""
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            if self.transport is not None:
                self.transport.write(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                self.transport.close()

    def on_message_begin(self) -> None:
        """Start a request (called by the parser)."""
        self._target.clear()
        self._body.clear()
        self._headers = {}

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target (called by the parser)."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header (called by the parser)."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Answer `Expect: 100-continue`, which curl sends with larger bodies (called by the parser)."""
        if self._headers.get("expect", "").lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body (called by the parser)."""
        self._body += body

    def on_message_complete(self) -> None:
        """Queue a finished request (called by the parser)."""
        self._keep_alive = self._parser.should_keep_alive()
        target = self._target.decode("latin-1")
        method = self._parser.get_method().decode("latin-1")
        self._waiting.append(Request(method, target, self._headers, bytes(self._body)))
        self._answer_next()

    def _answer_next(self) -> None:
        if self._answering or not self._waiting or self.transport is None:
            return
        self._answering = True
        reply = self._application(self._waiting.popleft())
        if reply.delay > 0:
            asyncio.get_running_loop().call_later(reply.delay, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.done is not None:
            reply.done()
        self._answering = False
        transport = self.transport
        if transport is None:
            return
        if reply.wire == "drop":
            transport.abort()
            return
        transport.write(b"".join(reply.encoded()))
        if reply.wire == "cut" or not self._keep_alive:
            transport.close()
            return
        self._answer_next()


async def listen(application: Application, port: int) -> tuple[asyncio.Server, set[Connection]]:
    """Answer on 127.0.0.1:`port` (0: any free one). Returns the server and the set of connections that are
    open.

    Raises OSError when the port is taken.
    """
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(application, connections), "127.0.0.1", port)
    return server, connections
