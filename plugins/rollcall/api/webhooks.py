"""Where Calendly delivers bookings and cancellations: verified, stored, answered; applied after the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse


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


def add_webhook_routes(
    app: FastAPI,
    receive: Callable[[str, str | None, bytes | None], Answer],
    apply: Callable[[int], object],
    most_bytes: int,
) -> None:
    """Add `POST /webhooks/calendly/{subscription}` and `GET …/test`.

    Both are open to the internet: the signature is the only credential that Calendly can show. `receive` gets the
    subscription's public id, the signature header, and the raw body, None for one larger than `most_bytes`. Nothing
    here starts a Dag run.
    """

    @app.get("/webhooks/calendly/{subscription}/test")
    def test(subscription: str) -> dict[str, str]:
        """Say that deliveries would arrive here; tells nothing about the subscription."""
        return {"status": "up", "send": f"POST to …/webhooks/calendly/{subscription}"}

    @app.post("/webhooks/calendly/{subscription}")
    async def deliver(subscription: str, request: Request, later: BackgroundTasks) -> JSONResponse:
        """Store one delivery. 2xx: kept; 401: signature refused; 404: no such subscription; 413: too large."""
        body = await _body(request, most_bytes)
        signature = request.headers.get("Calendly-Webhook-Signature")
        answer = await run_in_threadpool(receive, subscription, signature, body)
        if answer.user_id is not None:
            later.add_task(apply, answer.user_id)
        return JSONResponse({"message": answer.message}, answer.status, background=later)


async def _body(request: Request, most_bytes: int) -> bytes | None:
    """The raw body, None where it is larger: reading stops there, whatever its header said."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > most_bytes:
            return None
    return bytes(chunks)
