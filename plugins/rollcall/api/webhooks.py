"""Where Calendly delivers bookings and cancellations: verified, stored, answered; applied behind the answer's back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

_SECONDS_TO_STORE = 10.0
"""Calendly waits 15 for an answer."""

_SECONDS_TO_READ = 30.0
"""Whoever takes longer to send its body is not Calendly, and holds a connection for nothing."""

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNATURE = "Calendly-Webhook-Signature"


class Answer(Protocol):
    """What became of a delivery."""

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""

    @property
    def message(self) -> str:
        """A sentence for whoever reads the answer."""

    @property
    def user_id(self) -> int | None:
        """Whose deliveries are to be applied now, if any."""


class Door(Protocol):
    """What takes deliveries."""

    def receive(self, public_id: str, signature: str | None, body: bytes | None) -> Awaitable[Answer]:
        """Verify and store a raw body, None for one that is too large."""

    def apply_later(self, user_id: int) -> None:
        """Apply what waits for a user, soon; returns at once."""


def add_webhook_routes(app: FastAPI, door: Door, most_bytes: int) -> None:
    """Add `POST /webhooks/calendly/{subscription}` and `GET …/test`, with the subscription or without.

    Both are open to the internet: the signature is the only credential that Calendly can show. Nothing here starts a
    Dag run.
    """

    # These are not of the threads that everything else in the server shares: `async`, and nothing that blocks.
    @app.get("/webhooks/calendly/test")
    @app.get("/webhooks/calendly/{subscription}/test")
    async def test(subscription: str = "{subscription}") -> dict[str, str]:
        """Say that deliveries would arrive here; tells nothing about the subscription."""
        return {"status": "up", "send": f"POST to …/webhooks/calendly/{subscription}"}

    @app.post("/webhooks/calendly/{subscription}")
    async def deliver(subscription: str, request: Request) -> JSONResponse:
        """Store one delivery. 2xx: kept; 400: broken off; 401: signature refused; 404: no such subscription; 408:
        too slow; 413: too large; 503: not stored, send it again."""
        if not _PUBLIC_ID.fullmatch(subscription):
            return _said(404, "There is no such subscription.")
        try:
            body = await asyncio.wait_for(_body(request, most_bytes), _SECONDS_TO_READ)
        except ClientDisconnect:
            return _said(400, "The body broke off.")
        except TimeoutError:
            return _said(408, "The body did not come in time.")
        stored = door.receive(subscription, request.headers.get(_SIGNATURE), body)
        try:
            answer = await asyncio.wait_for(stored, _SECONDS_TO_STORE)
        except TimeoutError:
            return _said(503, "Not stored in time, send it again.")
        if answer.user_id is not None:
            door.apply_later(answer.user_id)
        return _said(answer.status, answer.message)


def _said(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)


async def _body(request: Request, most_bytes: int) -> bytes | None:
    """The raw body, None where it is larger: reading stops there, whatever its header said."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > most_bytes:
            return None
    return bytes(chunks)
