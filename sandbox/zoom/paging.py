"""Lists page by page: opaque tokens that are bound to a list and its parameters and die after 15 minutes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.wire import Bytes, Reply
from sandbox.zoom.call import Call
from sandbox.zoom.refusals import page_token_dead, refusal

TOKEN_LIFE = 15 * 60
DEFAULT_SIZE = 30
MAX_SIZE = 300

_FIELDS = struct.Struct(">IHBd")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a list goes on: the next row, how many pages went before, whether it is an early read."""

    row: int = 0
    page: int = 0
    early: bool = False


def _signature(call: Call, payload: bytes) -> bytes:
    bound = sorted(item for item in call.params.items() if item[0] != "next_page_token")
    text = f"{call.request.path} {bound}".encode()
    return hmac.digest(call.secret, text + payload, hashlib.sha256)[:12]


def token_for(call: Call, mark: Mark) -> str:
    """The token of the page that begins at `mark`."""
    payload = _FIELDS.pack(mark.row, mark.page, mark.early, call.now)
    return base64.urlsafe_b64encode(_signature(call, payload) + payload).decode()


def mark_of(call: Call) -> Mark | Reply:
    """Where this call's list begins or goes on, or the refusal of its token."""
    token = call.params.get("next_page_token", "")
    if not token:
        return Mark()
    try:
        raw = base64.urlsafe_b64decode(token)
        row, page, early, issued = _FIELDS.unpack(raw[12:])
    except (binascii.Error, struct.error, ValueError):
        return page_token_dead()
    if not hmac.compare_digest(raw[:12], _signature(call, raw[12:])) or call.now - issued > call.token_life:
        return page_token_dead()
    return Mark(row, page, bool(early))


def page_size_of(call: Call) -> int | Reply:
    """How many rows the caller gets: 30 unless asked, never more than 300."""
    text = call.params.get("page_size", "") or str(DEFAULT_SIZE)
    if not text.isdigit() or int(text) == 0:
        return refusal(400, 300, "Invalid page_size.")
    return min(int(text), MAX_SIZE)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is paged: `cut(start, stop)` gives rows as comma-joined JSON; `total` is total_records."""

    name: str
    length: int
    total: int
    cut: Callable[[int, int], Bytes]
    overlap: bool = False
    hole: bool = False
    head: dict[str, Any] | None = None


def paged(call: Call, mark: Mark, listing: Listing) -> Reply:
    """One page of the list, with the API's four paging fields."""
    size = page_size_of(call)
    if isinstance(size, Reply):
        return size
    if "empty_page" in call.bend or (listing.hole and mark.page == 1):
        stop = mark.row
        rows: Bytes = b""
        following = Mark(mark.row, mark.page + 1, mark.early)
    else:
        stop = min(mark.row + size, listing.length)
        # One fewer than the total says.
        rows = listing.cut(mark.row, stop - ("short_list" in call.bend))
        back = 1 if listing.overlap and size > 1 else 0
        following = Mark(stop - back, mark.page + 1, mark.early)
    token = token_for(call, following) if stop < listing.length else ""
    if "repeat_token" in call.bend:
        token = call.params.get("next_page_token", "")
    head = {
        **(listing.head or {}),
        "page_count": -(-listing.total // size),
        "page_size": size,
        "total_records": listing.total,
        "next_page_token": token,
    }
    return Reply(200, [orjson.dumps(head)[:-1], b',"%s":[' % listing.name.encode(), rows, b"]}"])


def listed(
    call: Call,
    name: str,
    items: Sequence[Any],
    encode: Callable[[Any], dict[str, Any]],
    head: dict[str, Any] | None = None,
) -> Reply:
    """One page of a plain list, encoded when it is asked for."""
    mark = mark_of(call)
    if isinstance(mark, Reply):
        return mark

    def cut(start: int, stop: int) -> bytes:
        return b",".join(orjson.dumps(encode(item)) for item in items[start:stop])

    return paged(call, mark, Listing(name, len(items), len(items), cut, head=head))
