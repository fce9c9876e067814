"""Every error rollcall raises, in one tree.

    RollcallError
    ├── WrongUse              the request itself is at fault; nothing was done
    │   ├── UnknownConnection
    │   ├── InactiveConnection
    │   └── RunInTheWay       another run for the connection is active
    ├── SetupError            this installation is at fault: address, key, schema, a program that did not start
    ├── DatabaseUnreachable   the data database does not answer, for now
    ├── DatabaseRefused       the data database broke off what it was asked to do
    ├── RunClosed             the run or the lease ended elsewhere; whoever wakes up late must not write
    ├── Parked                a limit of the source stops the run until a stated time
    ├── SignatureRefused      a webhook delivery is not proven to come from the source: nothing of it is stored
    ├── WebhookUnreadable     a delivery is signed, but its body makes no sense: it is kept for a person to see
    └── SourceError           the source refused or failed; `kind` is the row of sync_retry_policies that applies
        ├── RateLimited       rate_limit
        ├── NetworkFault      network_error
        ├── ServerFault       server_error
        ├── AuthRefused       auth_error
        │   ├── TokenRejected     401: one fresh token, one more try
        │   ├── ScopeMissing      the token works but lacks a scope, a role or a plan
        │   │   └── PlanMissing   the plan alone: the feature is off, the rest works
        │   └── ReconnectNeeded   the stored credentials are dead; a person must connect again
        └── DataFault         data_error
            ├── Unavailable       this one item is not to be had (gone, too old, not ended, no licence): a gap
            ├── AlreadyThere      what was to be created exists: adopt it or replace it
            ├── PageTokenExpired  the list must start again from its first page
            └── PageTokenRepeated the list would never end

The message of each says what failed, for which id, and what to do next. It never carries a response body, a token or
anything about a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

RefusalReason = Literal["missing", "malformed", "too_old", "in_future", "mismatch"]


class RollcallError(Exception):
    """Root of the tree. `retry` tells whether the same call may succeed later without a person's help."""

    retry: ClassVar[bool] = False


class WrongUse(RollcallError):
    """The request can't be carried out as asked; the message says what to change. Exit code 2."""


class UnknownConnection(WrongUse):
    """No connection of that name exists."""


class InactiveConnection(WrongUse):
    """The connection exists but is switched off."""


class RunInTheWay(WrongUse):
    """A run for this connection is active already; the message names it, since when, and how to stop it."""


class SetupError(RollcallError):
    """Something this installation needs is missing or wrong: an address, a key, the schema, a program."""


class DatabaseUnreachable(RollcallError):
    """The data database does not answer: restarting, perhaps, or its address is wrong."""

    retry = True


class DatabaseRefused(RollcallError):
    """The data database broke off what it was asked to do: restarting, out of space, or a fault of rollcall. The
    message has none of its words, which may quote a row."""

    retry = True


class RunClosed(RollcallError):
    """The run was cancelled, failed or finished by someone else, or the lease went to another worker."""


class Parked(RollcallError):
    """A limit of the source holds the run until `until` (aware, UTC); nothing is lost and nothing is at fault."""

    retry = True

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class SignatureRefused(RollcallError):
    """A webhook delivery without a valid signature. `reason` is for counting; too_old and in_future are said only of
    deliveries that a known key signed."""

    def __init__(self, message: str, reason: RefusalReason) -> None:
        super().__init__(message)
        self.reason = reason


class WebhookUnreadable(RollcallError):
    """A signed delivery whose body can't be understood; the message says what is wrong with its shape."""


class SourceError(RollcallError):
    """The source refused or failed.

    `status` is the HTTP status (None where no answer came), `code` the vendor's own code, `tracking_id` the value to
    quote to the vendor's support.
    """

    kind: ClassVar[str] = "server_error"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.tracking_id = tracking_id


class RateLimited(SourceError):
    """Too many calls. `retry_at` (aware, UTC) is the source's own word, None where it gave none; `daily` marks the
    budget of the whole day, which is answered by `Parked`, not by waiting."""

    kind = "rate_limit"
    retry = True

    def __init__(
        self,
        message: str,
        *,
        retry_at: datetime | None = None,
        daily: bool = False,
        status: int | None = 429,
        code: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, tracking_id=tracking_id)
        self.retry_at = retry_at
        self.daily = daily


class NetworkFault(SourceError):
    """No usable answer came: refused, reset, timed out, or the body was cut short."""

    kind = "network_error"
    retry = True


class ServerFault(SourceError):
    """The source answered 5xx, or 200 with a body that can't be read."""

    kind = "server_error"
    retry = True


class AuthRefused(SourceError):
    """The source does not let this connection do this."""

    kind = "auth_error"


class TokenRejected(AuthRefused):
    """401: the access token is expired or unknown; one fresh token and one more try are due."""

    retry = True


class ScopeMissing(AuthRefused):
    """The token is good but a scope, role or plan is missing. `scopes` lists the names the source gave, if any."""

    def __init__(
        self,
        message: str,
        *,
        scopes: tuple[str, ...] = (),
        status: int | None = None,
        code: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, tracking_id=tracking_id)
        self.scopes = scopes


class PlanMissing(ScopeMissing):
    """The account's plan does not include this one feature; everything else may work."""


class ReconnectNeeded(AuthRefused):
    """The stored credentials are dead (invalid_grant, revoked, app switched off): a person must connect again."""


class DataFault(SourceError):
    """The source's answer for one item can't be used."""

    kind = "data_error"


class Unavailable(DataFault):
    """The source does not serve this one item. `recheck_after_hours` is when to look again, None for never;
    `expected` marks what normally happens to every webinar, like the expiry of its id."""

    def __init__(
        self,
        message: str,
        *,
        recheck_after_hours: float | None = None,
        expected: bool = False,
        status: int | None = None,
        code: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, tracking_id=tracking_id)
        self.recheck_after_hours = recheck_after_hours
        self.expected = expected


class AlreadyThere(DataFault):
    """What was to be created exists already; list it, compare, and adopt or replace it."""


class PageTokenExpired(DataFault):
    """The page token died (after 15 minutes at Zoom): this list starts again from its first page."""


class PageTokenRepeated(DataFault):
    """The source gave a page token it had given before: going on would loop for ever."""
