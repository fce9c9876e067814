"""Sends webhook messages over HTTP, as Calendly does and in every way that it should not."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import orjson

from sandbox.calendly.actions import EditError
from sandbox.calendly.deliveries import signature
from sandbox.calendly.subscriptions import Delivery

HEADER = "Calendly-Webhook-Signature"
CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0

Sequencing = Literal["made", "reversed", "shuffled"]
Signing = Literal[
    "good", "none", "wrong", "other_key", "body_only", "no_time", "no_v1", "garbage", "spaced", "two"
]
Bodies = Literal["whole", "bare", "broken", "oversized", "empty", "foreign", "not_object", "no_uri"]
_FAITHFUL = ({"good", "spaced", "two"}, {"whole", "bare"})


@dataclass(slots=True)
class Sending:
    """How to send: see `Sandbox.send` for what each field does."""

    url: str | None = None
    sequence: Sequencing = "made"
    times: int = 1
    at_once: int = 1
    signed: Signing = "good"
    body: Bodies = "whole"
    key: str | None = None
    age: float = 0.0
    size: int = 2 << 20

    def __post_init__(self) -> None:
        """Refuse words that mean nothing. Raises EditError."""
        for word, allowed in ((self.sequence, Sequencing), (self.signed, Signing), (self.body, Bodies)):
            if word not in get_args(allowed):
                raise EditError(f"{word}: one of {', '.join(get_args(allowed))}")

    @property
    def faithful(self) -> bool:
        """Whether this is a message as Calendly sends it, whose fate counts for the subscription."""
        return self.signed in _FAITHFUL[0] and self.body in _FAITHFUL[1] and self.key is None


@dataclass(slots=True)
class Batch:
    """What is being sent together, and what came of it so far."""

    expected: int
    sent: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For GET /sandbox/batches."""
        return {"done": len(self.sent) == self.expected, "sent": self.sent}


def body_of(delivery: Delivery, how: Bodies, size: int) -> bytes:
    """The bytes to send: those of the message, or something wrong. `size` is an oversized body's length."""
    if how in {"whole", "empty", "broken"}:
        return {"whole": delivery.body, "empty": b""}.get(how, delivery.body[: len(delivery.body) // 2])
    if how == "not_object":
        return b'["invitee.created"]'
    told = orjson.loads(delivery.body)
    if how == "bare":
        del told["payload"]["scheduled_event"]
    elif how == "foreign":
        told["event"] = "planet.discovered"
    elif how == "no_uri":
        del told["payload"]["uri"]
    else:
        told["padding"] = "x" * max(size - len(delivery.body), 1)
    return orjson.dumps(told)


def header_of(how: Signing, key: str, moment: int, body: bytes) -> str | None:
    """The signature header; `spaced` and `two` are unusual and right, all but `good` of the rest are wrong."""
    right = signature(key, moment, body)
    wrong = ("0" if right[0] != "0" else "1") + right[1:]
    return {
        "good": f"t={moment},v1={right}",
        "none": None,
        "wrong": f"t={moment},v1={wrong}",
        "other_key": f"t={moment},v1={signature('not-' + key, moment, body)}",
        "body_only": f"t={moment},v1={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}",
        "no_time": f"v1={right}",
        "no_v1": f"t={moment}",
        "garbage": "t=yesterday,v1=ü,,=",
        "spaced": f"v1={right}, v0=abc , t={moment}",
        "two": f"t={moment},v1={wrong},v1={right}",
    }[how]


def post(url: str, body: bytes, header: str | None) -> int:
    """POST one message; the status, or 0 where no answer came in time. Redirects are not followed."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)
    headers = {"Content-Type": "application/json", "User-Agent": "sandbox-calendly"}
    if header is not None:
        headers[HEADER] = header
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


class Sender:
    """Sends in threads of its own; what came of it is noted in the thread of the loop that asked."""

    def __init__(self, clock: Callable[[], int], shuffle: Callable[[list[Any]], None]) -> None:
        self._clock = clock
        self._shuffle = shuffle
        self.batches: list[Batch] = []

    def send(self, deliveries: Sequence[Delivery], how: Sending) -> int:
        """Begin to send; the number of the batch. To be called from the loop's own thread."""
        jobs = [delivery for delivery in deliveries for _ in range(how.times)]
        if how.sequence == "reversed":
            jobs.reverse()
        elif how.sequence == "shuffled":
            self._shuffle(jobs)
        batch = Batch(len(jobs))
        self.batches.append(batch)
        loop = asyncio.get_running_loop()

        def job(delivery: Delivery) -> None:
            began = time.monotonic()
            status = self._send_one(delivery, how)
            took = time.monotonic() - began
            loop.call_soon_threadsafe(self._settle, batch, delivery, how, status, took)

        pool = ThreadPoolExecutor(max_workers=max(how.at_once, 1))
        for delivery in jobs:
            pool.submit(job, delivery)
        pool.shutdown(wait=False)
        return len(self.batches) - 1

    def _send_one(self, delivery: Delivery, how: Sending) -> int:
        body = body_of(delivery, how.body, how.size)
        key = how.key or delivery.subscription.signing_key
        # The receiver's clock is the real one, whatever time it is in the world.
        moment = int(time.time() - how.age)
        header = header_of(how.signed, key, moment, body) if key else None
        return post(how.url or delivery.subscription.callback_url, body, header)

    def _settle(self, batch: Batch, delivery: Delivery, how: Sending, status: int, took: float) -> None:
        told = {"number": delivery.number, "event": delivery.event, "invitee": delivery.invitee_uri}
        if how.faithful:
            ok = 200 <= status < 300
            delivery.statuses.append(status)
            delivery.delivered = delivery.delivered or ok
            delivery.subscription.settle(ok=ok, now=self._clock())
        batch.sent.append({**told, "status": status, "seconds": round(took, 4)})
