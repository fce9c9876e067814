"""Marks: what is kept of a page to know it when it is served again, without reading its JSON.

A page is the same when its answer is, byte for byte, less the page token, which is another one each time. The mark has
a digest of that, and what would else have to be counted once more.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from rollcall.sources.bodies import read_json

_TOKEN_KEY = b'"next_page_token"'
_TOKEN = re.compile(rb'"next_page_token"\s*:\s*("(?:[^"\\]|\\.)*")')

_DIGEST_BYTES = 16
_COUNTS = struct.Struct(">iiq")
_NOT_STATED = -1


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a page, those of them that are no objects, and Zoom's own count over all pages (None: not stated)."""

    rows: int
    rejected: int
    total_records: int | None


class Body:
    """An answer cut in two: `content` is the whole of it but for its page token."""

    __slots__ = ("_digest", "_token", "content", "is_clear")

    def __init__(self, raw: bytes) -> None:
        self.content, self._token = raw, b""
        self._digest: bytes | None = None
        at = raw.find(_TOKEN_KEY)
        # A name is a string of its own only as a key or as a whole value: within a longer text its quotes are escaped.
        self.is_clear = at < 0 or raw.find(_TOKEN_KEY, at + 1) < 0
        """Whether there is no doubt which of it is the token."""
        found = _TOKEN.match(raw, at) if self.is_clear and at >= 0 else None
        if found:
            self._token = found[1]
            self.content = b"".join((raw[: found.start(1)], b'""', raw[found.end(1) :]))

    @property
    def digest(self) -> bytes:
        """Of the content."""
        if self._digest is None:
            self._digest = hashlib.blake2b(self.content, digest_size=_DIGEST_BYTES).digest()
        return self._digest

    @property
    def token(self) -> str:
        """The token that was cut out, "" where there was none."""
        return str(read_json(self._token)) if self._token else ""


def make_mark(body: Body, counts: Counts) -> bytes:
    """The mark of a page with that body and those counts."""
    total = _NOT_STATED if counts.total_records is None else counts.total_records
    return body.digest + _COUNTS.pack(counts.rows, counts.rejected, total)


def counts_in(mark: bytes) -> Counts:
    """The counts that a mark was made with."""
    rows, rejected, total = _COUNTS.unpack(mark[_DIGEST_BYTES:])
    return Counts(rows, rejected, None if total == _NOT_STATED else total)


def by_digest(marks: Iterable[bytes | None]) -> dict[bytes, bytes]:
    """Marks by the digest that they hold. What an earlier release kept of a page is no mark, and left out."""
    whole = _DIGEST_BYTES + _COUNTS.size
    return {mark[:_DIGEST_BYTES]: mark for mark in marks if mark is not None and len(mark) == whole}
