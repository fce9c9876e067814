"""Lists page by page: opaque tokens, bound to a list and its filters, that do not live long."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.calendly.call import Call
from sandbox.calendly.refusals import answer, invalid
from sandbox.calendly.stamps import SECOND
from sandbox.wire import Reply

DEFAULT_COUNT = 20
MAX_COUNT = 100
TOKEN_LIFE = 300.0
TOKEN_DRAINED = 60

_FIELDS = struct.Struct(">IQI")
_Row = TypeVar("_Row")


def _signature(call: Call, payload: bytes) -> bytes:
    bound = sorted(item for item in call.params.items() if item[0] != "page_token")
    return hmac.digest(call.pages.secret, f"{call.request.path} {bound}".encode() + payload, hashlib.sha256)[
        :9
    ]


def _token(call: Call, row: int) -> str:
    payload = _FIELDS.pack(row, call.now, call.pages.invitee_calls)
    return base64.urlsafe_b64encode(_signature(call, payload) + payload).decode().rstrip("=")


def _first_row(call: Call) -> int:
    token = call.params.get("page_token", "")
    if not token:
        return 0
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        row, issued, drained = _FIELDS.unpack(raw[9:])
    except (binascii.Error, struct.error, ValueError):
        raise invalid("page_token", "is invalid") from None
    rules = call.pages
    late = call.now - issued > rules.life * SECOND
    parked = 0 <= rules.drained < rules.invitee_calls - drained
    if late or parked or not hmac.compare_digest(raw[:9], _signature(call, raw[9:])):
        raise invalid("page_token", "is invalid")
    return int(row)


def _count(call: Call) -> int:
    text = call.params.get("count", str(DEFAULT_COUNT))
    if not text.isdigit() or not 1 <= int(text) <= MAX_COUNT:
        raise invalid("count", f"must be between 1 and {MAX_COUNT}")
    return int(text)


def listed(call: Call, rows: Sequence[_Row], encode: Callable[[_Row], dict[str, Any]]) -> Reply:
    """One page of a list, encoded when it is asked for. Raises Refused for a bad count or page token.

    A token says how many rows went before: a booking that comes in between shifts the rest by one.
    """
    first, count = _first_row(call), _count(call)
    last = first if "empty_page" in call.bend else min(first + count, len(rows))
    following = _token(call, last) if last < len(rows) else None
    if "repeat_page" in call.bend:
        following = call.params.get("page_token") or _token(call, 0)
    previous = _token(call, max(first - count, 0)) if first else None
    page = [encode(row) for row in rows[first:last]]
    pagination = {
        "count": len(page),
        "next_page": _address(call, following),
        "previous_page": _address(call, previous),
        "next_page_token": following,
        "previous_page_token": previous,
    }
    return answer({"collection": page, "pagination": pagination})


def _address(call: Call, token: str | None) -> str | None:
    if token is None:
        return None
    host = call.request.headers.get("host", "127.0.0.1")
    return f"http://{host}{call.request.path}?{urlencode({**call.params, 'page_token': token})}"
