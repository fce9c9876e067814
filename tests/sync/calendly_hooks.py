"""A Calendly user with a live webhook subscription, made as the command makes it, and a receiver behind it."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from rollcall.store.users import CalendlyUser, read_user
from rollcall.store.webhooks import Subscription
from rollcall.sync.calendly.connect import client_of
from rollcall.sync.calendly.deliveries import apply_waiting
from rollcall.sync.calendly.webhook_subscriptions import (
    create_subscription,
    delete_subscriptions,
    refresh_subscriptions,
    rotate_subscription,
)
from tests.sync.calendly_runner import CalendlyRunner


class Hooks:
    """What a person and Calendly do with webhooks: subscribe, let things happen, send."""

    def __init__(self, runner: CalendlyRunner, url: str = "") -> None:
        self.runner = runner
        self.calendly = runner.calendly
        self.url = url

    @property
    def user(self) -> CalendlyUser:
        """The user as stored now."""
        with closing(self.runner.connect()) as conn:
            found = read_user(conn, self.runner.user_id)
        assert found is not None
        return found

    def create(self, url: str | None = None, signing_key: str | None = None) -> Subscription:
        """`rollcall calendly webhook create`."""
        user = self.user
        with closing(self.runner.connect()) as conn, client_of(self.runner.resources, conn, user) as client:
            return create_subscription(
                conn, client, user, self.runner.keyring, self.url if url is None else url, signing_key
            )

    def rotate(self) -> Subscription:
        """`rollcall calendly webhook rotate`."""
        user = self.user
        with closing(self.runner.connect()) as conn, client_of(self.runner.resources, conn, user) as client:
            return rotate_subscription(conn, client, user, self.runner.keyring)

    def refresh(self) -> list[Subscription]:
        """What `status` asks Calendly."""
        user = self.user
        with closing(self.runner.connect()) as conn, client_of(self.runner.resources, conn, user) as client:
            return refresh_subscriptions(conn, client, user)

    def delete(self) -> int:
        """`rollcall calendly webhook delete`."""
        user = self.user
        with closing(self.runner.connect()) as conn, client_of(self.runner.resources, conn, user) as client:
            return delete_subscriptions(conn, client, user)

    def at_calendly(self) -> list[dict[str, Any]]:
        """The subscriptions that Calendly has, whoever made them."""
        asked = {"organization": self.calendly.organization, "scope": "organization"}
        listed: list[dict[str, Any]] = self.calendly.get("/webhook_subscriptions", **asked).json()[
            "collection"
        ]
        return listed

    def send(self, *numbers: int, **how: Any) -> list[int]:
        """Send messages (all that wait, without numbers); the answers' statuses."""
        return [each["status"] for each in self.calendly.send(list(numbers) or None, **how)]

    def events(self) -> list[dict[str, Any]]:
        """The stored deliveries, oldest first."""
        return self.runner.rows("SELECT * FROM calendly_webhook_events ORDER BY id")

    def refusals(self) -> dict[str, int]:
        """How many were refused, by reason."""
        rows = self.runner.rows("SELECT reason, refusals FROM calendly_webhook_refusals")
        return {row["reason"]: row["refusals"] for row in rows}

    def settled(self, seconds: float = 20) -> list[str]:
        """Wait until no delivery waits for its first try; what became of each."""
        deadline = time.monotonic() + seconds
        while "pending" in (found := [row["apply_status"] for row in self.events()]):
            assert time.monotonic() < deadline, "deliveries were not applied in time"
            time.sleep(0.01)
        return found

    def invitee(self, uri: str) -> dict[str, Any]:
        """A stored invitee."""
        return self.runner.rows("SELECT * FROM meeting_invitees WHERE uri = %s", uri)[0]


def apply(hooks: Hooks) -> int:
    """Apply what waits for the user, as a sync does; returns how many."""
    with closing(hooks.runner.connect()) as conn:
        return apply_waiting(conn, hooks.runner.user_id)
