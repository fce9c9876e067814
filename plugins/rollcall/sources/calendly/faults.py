"""From a refusal of Calendly to one of rollcall's errors: by HTTP status, because the same title comes with several.

The body is read for three things only: the scopes and the plan behind a 403, and the parameter behind a 400
(Calendly API reference, errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rollcall.errors import (
    AlreadyThere,
    DataFault,
    PageTokenExpired,
    PlanMissing,
    ScopeMissing,
    ServerFault,
    SourceError,
    TokenRejected,
    Unavailable,
)
from rollcall.sources.bodies import read_json
from rollcall.sources.calendly.endpoints import WEBHOOKS, Endpoint, describe
from rollcall.sources.calendly.rate_limits import rate_limited

_SCOPE_NAME = re.compile(r"[a-z0-9_]+(?::[a-z0-9_]+)+")

LOST_ACCESS_HOURS = 24.0
"""A role may be given back: look again the next day."""


def fault_of(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    endpoint: Endpoint,
    item: str,
    params: Mapping[str, str],
    *,
    now: datetime,
) -> SourceError:
    """The error that an answer of Calendly stands for; call it only for answers that are not a success.

    `params` are those that were sent, query or body. `now` (aware) is the moment from which pauses count. Messages
    carry ids, status and our own parameters' names, never the body's text.
    """
    what = describe(endpoint, item, params)
    lowered = {name.lower(): value for name, value in headers.items()}
    match status:
        case 429:
            return rate_limited(lowered, what, now)
        case 401:
            return TokenRejected(f"Calendly rejected the access token at {what} (HTTP 401).", status=status)
        case 403:
            return _forbidden(_fields(body), endpoint, what, one_item=bool(item))
        case 404:
            return Unavailable(f"Calendly does not know {what} (HTTP 404): it is gone.", status=status)
        case 409:
            return AlreadyThere(
                f"Calendly has {what} already for this address (HTTP 409); list them, then keep or replace the "
                "one in the way.",
                status=status,
            )
        case 424:
            return server_fault("a calendar that it depends on failed (HTTP 424)", what, status)
        case _ if 400 <= status < 500:
            return _refused(status, _fields(body), endpoint, what, params)
        case _ if 300 <= status < 400:
            return server_fault(f"HTTP {status} sends the call to another address", what, status)
    return server_fault(f"it answered HTTP {status}", what, status)


def server_fault(why: str, what: str, status: int) -> ServerFault:
    """The error for an answer that can't be used through no fault of the request."""
    return ServerFault(
        f"Calendly failed at {what}: {why}. If this goes on, check the API address of the connection, then ask "
        "Calendly's support.",
        status=status,
    )


def _forbidden(fields: Mapping[str, Any], endpoint: Endpoint, what: str, *, one_item: bool) -> SourceError:
    required = fields.get("required_scopes")
    if isinstance(required, list):
        names = (_SCOPE_NAME.fullmatch(name) for name in required if isinstance(name, str))
        scopes = tuple(dict.fromkeys(name[0] for name in names if name))
        return ScopeMissing(
            f"Calendly refused {what}: the token lacks the scope {' and '.join(scopes) or endpoint.scope} (HTTP 403). "
            "Make a token with it, or authorize the app again, then check with `rollcall calendly test`.",
            scopes=scopes or (endpoint.scope,),
            status=403,
        )
    message = fields.get("message")
    if isinstance(message, str) and "upgrade" in message.lower():
        return PlanMissing(
            f"Calendly refused {what}: the plan of the account does not include it (HTTP 403). Go on without it, or "
            "upgrade the plan.",
            status=403,
        )
    if one_item:
        return Unavailable(
            f"Calendly does not serve {what} to this connection (HTTP 403): its user lost access to it, or never had "
            "any. Check the user's role in the organization.",
            recheck_after_hours=LOST_ACCESS_HOURS,
            status=403,
        )
    # No gap but a blind eye: a whole list can't be left out as one item can.
    return ScopeMissing(
        f"Calendly refused {what}: the role of the connection's user does not allow it (HTTP 403). Make the user "
        "owner or admin of the organization, or sync the user's own events alone.",
        status=403,
    )


def _refused(
    status: int, fields: Mapping[str, Any], endpoint: Endpoint, what: str, params: Mapping[str, str]
) -> DataFault:
    named = _named_parameters(fields)
    if status == 400 and params.get("page_token") and "page_token" in named:
        return PageTokenExpired(
            f"Calendly's page token for {what} has expired; the list starts again from its first page, twice at "
            "once, else with the next sync.",
            status=status,
        )
    ours = ", ".join(name for name in params if name in named)
    why = f"it finds fault with {ours}" if ours else "it says nothing that rollcall knows"
    hint = (
        "the token may lack scheduled_events:read, which Calendly answers like this"
        if endpoint is WEBHOOKS and "url" in params
        else "check the ids and dates that were asked for, then report this"
    )
    return DataFault(f"Calendly refused {what} with HTTP {status}: {why}; {hint}.", status=status)


def _named_parameters(fields: Mapping[str, Any]) -> set[str]:
    """The words of the complaint, among which a caller looks for parameters of its own."""
    details = fields.get("details")
    texts: list[Any] = [fields.get("message")]
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            texts += [detail.get("parameter"), detail.get("message")]
    return {word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text)}


def _fields(body: bytes) -> dict[str, Any]:
    try:
        answer = read_json(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
