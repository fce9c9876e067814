"""Webhook subscriptions and what they were sent (reference, sections 3.1 and 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sandbox.calendly.stamps import DAY, SECOND

EVENTS = (
    "invitee.created",
    "invitee.canceled",
    "invitee_no_show.created",
    "invitee_no_show.deleted",
    "routing_form_submission.created",
)


@dataclass(slots=True)
class Subscription:
    """One subscription. `signing_key` None sends without a signature, as Calendly does for one made without.

    `failing_since` is when the row of failures began that is not over; `retry_started_at` is what the API
    shows of it and stays after it is over.
    """

    key: str
    callback_url: str
    events: list[str]
    scope: Literal["organization", "user"]
    user_uri: str | None
    creator_uri: str
    signing_key: str | None
    created: int
    updated: int
    state: Literal["active", "disabled"] = "active"
    retry_started: int | None = None
    failing_since: int | None = None

    def settle(self, *, ok: bool, now: int) -> None:
        """Note how a delivery went: one that fails a day after the first failure disables the subscription."""
        if ok:
            self.failing_since = None
        elif self.failing_since is None:
            self.failing_since = self.retry_started = now
            self.updated = now
        elif now - self.failing_since >= DAY:
            self.disable(now)

    def disable(self, now: int) -> None:
        """Stop it for good: there is no way back but to delete it and make another."""
        if self.state == "active":
            self.state, self.updated = "disabled", now


@dataclass(slots=True)
class Delivery:
    """One message to one subscription: the body as it was when it was made, and how it fared.

    `number` counts from 1; `statuses` are the answers of faithful attempts, 0 for none in time.
    """

    number: int
    subscription: Subscription
    event: str
    invitee_uri: str
    body: bytes
    made: int
    delivered: bool = False
    statuses: list[int] = field(default_factory=list)

    @property
    def whole_second(self) -> int:
        """When it was made, as the envelope says it."""
        return self.made // SECOND * SECOND
