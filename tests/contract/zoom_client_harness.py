"""A Zoom client whose time stands still but for its waits, and the answers that a scripted server gives it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from rollcall.errors import RateLimited
from rollcall.sources.retry import RetryPolicy
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from tests.contract.scripted_server import Reply

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
QUICK = RetryPolicy(attempts=3, first_delay=1.0, factor=2.0, max_delay=8.0)
ONCE = dict.fromkeys(("network_error", "server_error"), RetryPolicy(1, 0.0, 1.0, 0.0))
TOKEN = "eyJzdiI6IjAwMDAwMSJ9.secret-token"


class Harness:
    """A client whose time stands still but for its waits, and everything its hooks heard."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.reasons: list[str] = []
        self.tokens: list[bool] = []
        self.paced: list[Label] = []
        self.feedback: list[tuple[Label, RateLimited]] = []
        kinds = ("rate_limit", "network_error", "server_error")
        self.client = ZoomClient(
            requests.Session,
            url,
            self.token,
            self.paced.append,
            dict.fromkeys(kinds, QUICK),
            lambda: self.now,
            throttle_feedback=lambda label, error: self.feedback.append((label, error)),
            on_wait=lambda _seconds, reason: self.reasons.append(reason),
            sleep=self.sleep,
        )

    def token(self, rejected: bool) -> str:
        self.tokens.append(rejected)
        return TOKEN if len(self.tokens) == 1 else f"{TOKEN}-{sum(self.tokens)}"

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


def rows(*names: str, token: str = "", **fields: Any) -> dict[str, Any]:
    return {"participants": [{"name": name} for name in names], "next_page_token": token, **fields}


def error(code: int, message: str, status: int = 400, **headers: str) -> Reply:
    return Reply(status, {"code": code, "message": message}, headers)
