"""Reads one list of participants: into staging page by page, unless it is the list that is stored already.

A list that was read before is held back while its pages come, a few megabytes at most. When its last page is in and
it is what the last read was served, the item ends there, and nothing is written for it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from rollcall.errors import PageTokenExpired
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.paging import Page
from rollcall.sources.zoom.participants import staged_values
from rollcall.store import attendance, queue
from rollcall.store.queue import Item
from rollcall.sync.account import Account

_MOST_HELD = 8 * 1024 * 1024  # bytes of a list that are held back: about 20,000 rows
_STARTS_OVER = 3  # a token that dies this often within one list is not about time


def read_attendance(account: Account, item: Item, endpoint: Endpoint, uuid: str, source: str) -> None:
    """Read the list from where the item stands and end its lease. Raises a SourceError, Parked, or RunClosed."""
    for attempt in range(_STARTS_OVER + 1):
        try:
            _read(account, item, endpoint, uuid, source)
        except PageTokenExpired:
            if attempt == _STARTS_OVER:
                raise
            with account.conn.transaction():
                queue.restart(account.conn, item, source)
        else:
            return


def _read(account: Account, item: Item, endpoint: Endpoint, uuid: str, source: str) -> None:
    served = _Served(item)
    for page in account.client.pages(endpoint, uuid, item.next_page_token):
        served.take(page)
        is_last = not page.next_token
        if is_last and served.is_known and _settle_unchanged(account, item, served, source):
            account.show_progress()
            return
        if is_last or not served.is_held:
            _stage(account, item, served.release(), page, source, served.digest if is_last else None)
        account.show_progress()


def _stage(
    account: Account, item: Item, pages: list[list[Any]], last: Page, source: str, digest: bytes | None
) -> None:
    """Stage pages and book them in one transaction; `last` is the last of them."""
    rows = sum(len(page) for page in pages)
    staged = [values for page in pages for values in staged_values(page)]
    with account.conn.transaction():
        attendance.stage_participants(account.conn, item.item_id, item.list_no, item.rows_fetched, staged)
        queue.advance(
            account.conn,
            item,
            next_page_token=last.next_token,
            pages=len(pages),
            rows=rows,
            rejected=rows - len(staged),
            total_records=last.total_records,
            list_source=source,
        )
        if not last.next_token:
            queue.settle(account.conn, item, "fetched", list_digest=digest)


def _settle_unchanged(account: Account, item: Item, served: _Served, source: str) -> bool:
    with account.conn.transaction():
        return queue.settle_unchanged(
            account.conn,
            item,
            list_digest=served.digest or b"",
            list_source=source,
            pages=served.pages,
            rows=served.rows,
            rejected=served.rejected,
            total_records=served.total_records,
        )


class _Served:
    """What a list has served so far: its digest, and the pages that are held back."""

    def __init__(self, item: Item) -> None:
        self.pages = self.rows = self.rejected = 0
        self.total_records: int | None = None
        # A list that goes on in the middle has no digest: its beginning is not at hand.
        self._hash = None if item.next_page_token else hashlib.blake2b(digest_size=16)
        self._known = item.known_digest
        self._waiting: list[bytes | list[Any]] = []
        self._bytes = 0

    @property
    def digest(self) -> bytes | None:
        """Of all rows so far; None where it can't be had."""
        return self._hash.digest() if self._hash else None

    @property
    def is_known(self) -> bool:
        """Everything so far is held back, and is the list that is stored."""
        return self.is_held and self.digest == self._known

    @property
    def is_held(self) -> bool:
        """The pages wait for the end of the list."""
        return self._known is not None and self._hash is not None and self._bytes <= _MOST_HELD

    def take(self, page: Page) -> None:
        """Add a page."""
        self.pages += 1
        self.rows += len(page.rows)
        self.rejected += sum(not isinstance(row, dict) for row in page.rows)
        self.total_records = page.total_records if page.total_records is not None else self.total_records
        content = self._content(page.rows)
        # As bytes, a tenth of what the objects would take.
        self._waiting.append(content if content is not None and self._known is not None else page.rows)

    def release(self) -> list[list[Any]]:
        """The rows of the pages that wait, page by page; from now on none is held back."""
        pages = [orjson.loads(page) if isinstance(page, bytes) else page for page in self._waiting]
        self._waiting = []
        self._known = None
        return pages

    def _content(self, rows: list[Any]) -> bytes | None:
        if self._hash is None:
            return None
        try:
            content = orjson.dumps(rows)
        except TypeError:
            # Half a character, say: such a list is worked through each time.
            self._hash = None
            return None
        self._hash.update(content)
        self._bytes += len(content)
        return content
