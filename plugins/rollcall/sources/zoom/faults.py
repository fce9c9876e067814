"""From a refusal of Zoom to one of rollcall's errors, decided on HTTP status, body code and message together.

Codes 200 and 300 mean several things each, and several codes come with more than one HTTP status (Zoom API
reference, "error definitions"), so no single one of the three is enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollcall.errors import (
    AuthRefused,
    DataFault,
    PageTokenExpired,
    ScopeMissing,
    ServerFault,
    SourceError,
    TokenRejected,
    Unavailable,
)
from rollcall.sources.bodies import read_json
from rollcall.sources.values import int_of
from rollcall.sources.zoom.endpoints import Endpoint, Subject
from rollcall.sources.zoom.rate_limits import rate_limited

_SCOPES = re.compile(r"does not contain scopes?\b[^\[]*(?:\[([^\]]*)\])?", re.IGNORECASE)
_SCOPE_NAME = re.compile(r"[a-z0-9_]+(?::[a-z0-9_]+)+")

NOT_YET_HOURS = 12.0
NO_LICENCE_HOURS = 7 * 24.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    code: int | None
    message: str
    endpoint: Endpoint
    item: str
    tracking_id: str | None

    @property
    def what(self) -> str:
        return describe(self.endpoint, self.item)

    @property
    def text(self) -> str:
        return self.message.lower()

    @property
    def answer(self) -> str:
        return f"HTTP {self.status}" + (f", code {self.code}" if self.code is not None else "")

    def unavailable(self, why: str, *, hours: float | None, expected: bool = False) -> Unavailable:
        return Unavailable(
            f"Zoom does not serve {self.what}: {why} ({self.answer}).",
            recheck_after_hours=hours,
            expected=expected,
            status=self.status,
            code=self.code,
            tracking_id=self.tracking_id,
        )


def describe(endpoint: Endpoint, item: str) -> str:
    """The call in words, for messages: never a person's address, so an e-mail in place of an id is left
    out."""
    if endpoint.subject is Subject.ACCOUNT:
        return endpoint.name
    return f"{endpoint.name} of {endpoint.subject} " + ("(given by e-mail)" if "@" in item else item)


def fault_of(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    endpoint: Endpoint,
    item: str,
    *,
    page_token_sent: bool = False,
    now: datetime,
) -> SourceError:
    """The error that an answer of Zoom stands for; call it only for answers that are not a success.

    `status` may be 200 where the body describes a failure: then the body's code decides. `now` (aware) is
    the moment from which pauses count. Messages carry ids, status and code, never the body's text.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    code, message = _code_and_message(body)
    if status < 300:
        status = _status_meant(code)
    refusal = _Refusal(status, code, message, endpoint, item, lowered.get("x-zm-trackingid"))
    if status == 429:
        return rate_limited(lowered, refusal.text, refusal.what, endpoint.label, now, refusal.tracking_id)
    if status >= 500:
        return server_fault(f"it answered {refusal.answer}", endpoint, item, status, refusal.tracking_id)
    if status < 400:
        return server_fault(
            f"it answered {refusal.answer}, which sends the call to another address",
            endpoint,
            item,
            status,
            refusal.tracking_id,
        )
    return _access_fault(refusal) or _item_fault(refusal, page_token_sent) or _unknown(refusal)


def server_fault(
    why: str, endpoint: Endpoint, item: str, status: int, tracking_id: str | None
) -> ServerFault:
    """The error for an answer that can't be used through no fault of the request."""
    return ServerFault(
        f"Zoom failed at {describe(endpoint, item)}: {why}. If this goes on, ask Zoom's support"
        + (f" and quote tracking id {tracking_id}." if tracking_id else "."),
        status=status,
        tracking_id=tracking_id,
    )


def _access_fault(refusal: _Refusal) -> AuthRefused | None:
    """What is wrong with the token, its scopes, the role or the plan; None where the item itself is
    refused."""
    scopes = _SCOPES.search(refusal.message)
    if scopes or refusal.code in (4711, 4700):
        names = tuple(dict.fromkeys(_SCOPE_NAME.findall((scopes and scopes[1]) or "")))
        return _scope_missing(
            refusal,
            f"the token lacks the scope {' or '.join(names) or refusal.endpoint.granular_scope}",
            names,
        )
    if refusal.code == 124:
        return _token_rejected(refusal)
    if refusal.code == 200 and (refusal.endpoint.is_report or refusal.endpoint.subject is Subject.ACCOUNT):
        return _scope_missing(
            refusal, "the role of the app's owner or the plan of the account does not allow it"
        )
    if refusal.code in _ITEM_CODES:
        return None
    if refusal.status == 403:
        return _scope_missing(refusal, "the scopes, role or plan do not allow it")
    return _token_rejected(refusal) if refusal.status == 401 else None


# Codes that speak of the item, whatever HTTP status they come with.
_ITEM_CODES = frozenset({200, 300, 1001, 1010, 3000, 3001, 3161, 12702})


def _item_fault(refusal: _Refusal, page_token_sent: bool) -> DataFault | None:
    by_webinar_id = refusal.endpoint.subject is Subject.WEBINAR
    match refusal.code:
        case 3001 if by_webinar_id:
            why = "the webinar id has expired, was deleted, or the webinar has not ended yet"
            return refusal.unavailable(why, hours=NOT_YET_HOURS, expected=True)
        case 3001:
            return refusal.unavailable("gone, or not ended yet", hours=NOT_YET_HOURS)
        case 12702:
            return refusal.unavailable("too old, Zoom keeps it no longer", hours=None)
        case 300 if page_token_sent and "page token" in refusal.text.replace("_", " "):
            return PageTokenExpired(
                f"Zoom's page token for {refusal.what} has expired; the list starts again from page one, "
                "a few times at once, else with the next sync.",
                status=refusal.status,
                code=refusal.code,
                tracking_id=refusal.tracking_id,
            )
        case 300:
            return refusal.unavailable("Zoom calls the request invalid for this item", hours=None)
        case 3000:
            return refusal.unavailable("this webinar needs no registration", hours=None, expected=True)
        case 200 | 3161:
            return refusal.unavailable(
                "its host has no webinar licence or permission", hours=NO_LICENCE_HOURS
            )
        case 1001 | 1010:
            why = "its host does not exist or is not in this account"
            return refusal.unavailable(why, hours=NO_LICENCE_HOURS)
    return None


def _unknown(refusal: _Refusal) -> DataFault:
    return DataFault(
        f"Zoom refused {refusal.what} with {refusal.answer}, which rollcall does not know; "
        "check the id, then report the two numbers.",
        status=refusal.status,
        code=refusal.code,
        tracking_id=refusal.tracking_id,
    )


def _scope_missing(refusal: _Refusal, why: str, scopes: tuple[str, ...] = ()) -> ScopeMissing:
    return ScopeMissing(
        f"Zoom refused {refusal.what}: {why} ({refusal.answer}). Add it in the Zoom Marketplace, then check "
        "with `rollcall connection test`.",
        scopes=scopes,
        status=refusal.status,
        code=refusal.code,
        tracking_id=refusal.tracking_id,
    )


def _token_rejected(refusal: _Refusal) -> TokenRejected:
    return TokenRejected(
        f"Zoom rejected the access token at {refusal.what} ({refusal.answer}).",
        status=refusal.status,
        code=refusal.code,
        tracking_id=refusal.tracking_id,
    )


def _status_meant(code: int | None) -> int:
    """The HTTP status that a failure dressed as 200 should have had."""
    if code == 124:
        return 401
    return code if code is not None and 400 <= code < 600 else 400


def _code_and_message(body: bytes) -> tuple[int | None, str]:
    try:
        answer = read_json(body)
    except ValueError:
        return None, ""
    if not isinstance(answer, dict):
        return None, ""
    message = answer.get("message")
    return int_of(answer.get("code")), message if isinstance(message, str) else ""
