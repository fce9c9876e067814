"""A Calendly client whose time stands still but for its waits, and the answers that a scripted server gives it.

The bodies are invented; their shapes are those of recorded answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.retry import RetryPolicy
from tests.contract.scripted_server import Reply

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TOKEN = "eyJraWQiOiIxY2UxZTEzNjE3.secret-token"
API = "https://api.calendly.com"
ORGANIZATION = f"{API}/organizations/AAAAAAAAAAAAAAAA"
USER = f"{API}/users/3c1d9f7a-50b2-4f0e-8f6a-0d2f3e4a5b01"
EVENT = f"{API}/scheduled_events/GBGBDCAADAEDCRZ2"
LIMITS = {"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "499", "X-RateLimit-Reset": "60"}


class CalendlyHarness:
    """A client, and everything its hooks heard."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.reasons: list[str] = []
        self.tokens: list[bool] = []
        self.paced = 0
        self.limits: list[tuple[int | None, int | None, float | None]] = []
        kinds = ("rate_limit", "network_error", "server_error")
        self.client = CalendlyClient(
            requests.Session,
            url,
            self.token,
            self.throttle,
            lambda *limits: self.limits.append(limits),
            dict.fromkeys(kinds, RetryPolicy(attempts=3, first_delay=1.0, factor=2.0, max_delay=8.0)),
            lambda: self.now,
            self.sleep,
            lambda _seconds, reason: self.reasons.append(reason),
        )

    def token(self, rejected: bool) -> str:
        self.tokens.append(rejected)
        return f"{TOKEN}-{sum(self.tokens)}"

    def throttle(self) -> None:
        self.paced += 1

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


def listed(*uris: str, token: str | None = None) -> dict[str, Any]:
    """A page as it comes today; `count` is that of this page."""
    next_page = f"{API}/scheduled_events?count=100&page_token={token}" if token else None
    return {
        "collection": [{"uri": uri} for uri in uris],
        "pagination": {
            "count": len(uris),
            "next_page": next_page,
            "next_page_token": token,
            "previous_page": None,
            "previous_page_token": None,
        },
    }


def refusal(status: int, title: str, message: str, *details: dict[str, str], **more: Any) -> Reply:
    """An error body as it comes."""
    body = {"title": title, "message": message, **({"details": list(details)} if details else {}), **more}
    return Reply(status, body, LIMITS)
