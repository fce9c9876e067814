"""Reads one list of participants: into staging page by page, unless it is the list that is stored already.

A page that is the one of the last read, as all before it were, is booked but not staged; it waits beside. When
the last page is in and known too, the item ends there. At the first page that differs all that wait are staged. Each
page is booked as it comes, so that a worker that takes over goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import psycopg

from rollcall.errors import PageTokenExpired
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.page_marks import by_digest
from rollcall.sources.zoom.paging import STARTS_OVER, Page, rows_in
from rollcall.sources.zoom.participants import staged_values
from rollcall.store import attendance, queue
from rollcall.store.queue import Item
from rollcall.sync.account import Account

_MOST_IN_MEMORY = 2 * 1024 * 1024  # bytes of a list: some 7,000 rows


def read_attendance(account: Account, item: Item, endpoint: Endpoint, uuid: str, source: str) -> None:
    """Read the list from where the item stands and end its lease. Raises a SourceError, Parked, or RunClosed."""
    with SpooledTemporaryFile(_MOST_IN_MEMORY) as file:
        held = _Held(item, endpoint, file)
        for attempt in range(STARTS_OVER + 1):
            try:
                while not _is_read(account, item, endpoint, uuid, source, held):
                    # Pages that an earlier worker held are not at hand: the list is read again, without holding.
                    _start_over(account, item, source)
                    held.give_up()
            except PageTokenExpired:
                if attempt == STARTS_OVER:
                    raise
                _start_over(account, item, source)
                held.forget()
            else:
                return


def _is_read(account: Account, item: Item, endpoint: Endpoint, uuid: str, source: str, held: _Held) -> bool:
    """Read to the last page. False: rows are needed that an earlier worker read and did not stage."""
    for page in account.client.pages(endpoint, uuid, item.next_page_token, known=held.known):
        mark = page.mark
        if mark is not None and held.expects(item, mark):
            if page.next_token:
                held.add(page)
                _book(account, item, page, source, mark)
                account.show_progress()
                continue
            # Its pages are all known; it may be worth a full look after all.
            if _is_ended(account, item, page, source, mark):
                account.show_progress()
                return True
        if not held.has_all(item):
            return False
        _stage(account, item, held.release(), page, source)
        account.show_progress()
    return True


def _is_ended(account: Account, item: Item, page: Page, source: str, mark: bytes) -> bool:
    return queue.settle_unchanged(
        account.conn,
        item,
        digest=mark,
        rows=page.row_count,
        rejected=page.rejected,
        total_records=page.total_records,
        list_source=source,
    )


def _book(account: Account, item: Item, page: Page, source: str, mark: bytes) -> None:
    queue.advance(
        account.conn,
        item,
        next_page_token=page.next_token,
        digest=mark,
        is_held=True,
        rows=page.row_count,
        rejected=page.rejected,
        total_records=page.total_records,
        list_source=source,
    )


def _stage(account: Account, item: Item, before: Iterable[list[Any]], page: Page, source: str) -> None:
    """Stage a page, and those `before` it that waited, with its mark in one transaction."""
    try:
        _stage_at_once(account, item, before, page, source)
    except psycopg.errors.UniqueViolation:
        # Whoever took the list over staged these rows: that the lease is gone is what there is to say.
        queue.renew(account.conn, item)
        raise


def _stage_at_once(
    account: Account, item: Item, before: Iterable[list[Any]], page: Page, source: str
) -> None:
    first_row = 0 if item.held_pages else item.rows_fetched
    with account.conn.transaction():
        _copy(account, item, chain(before, [page.rows]), first_row)
        queue.advance(
            account.conn,
            item,
            next_page_token=page.next_token,
            digest=page.mark,
            rows=page.row_count,
            rejected=page.rejected,
            total_records=page.total_records,
            list_source=source,
        )
        if not page.next_token:
            queue.settle(account.conn, item, "fetched")


def _copy(account: Account, item: Item, pages: Iterable[list[Any]], first_row: int) -> None:
    """Stage the rows of pages one after the other, so that a long list takes no more memory than a page."""
    values = (values for rows in pages for values in staged_values(rows))
    attendance.stage_participants(account.conn, item.item_id, item.list_no, first_row, values)


def _start_over(account: Account, item: Item, source: str) -> None:
    with account.conn.transaction():
        queue.restart(account.conn, item, source)


class _Held:
    """The pages that wait, as they came, in a file without a name: a list of any length may wait."""

    def __init__(self, item: Item, endpoint: Endpoint, file: IO[bytes]) -> None:
        self._endpoint = endpoint
        # What is staged in part is staged to its end.
        self._marks = (item.known_digests or []) if item.pages_read == item.held_pages else []
        self.known = by_digest(self._marks)
        """Of the list that is stored; empty when none of it matters any more."""
        self._file = file
        self._lengths: list[int] = []

    def expects(self, item: Item, mark: bytes) -> bool:
        """Whether the next page of the item is known by that mark, as all before it were."""
        return item.pages_read < len(self._marks) and self._marks[item.pages_read] == mark

    def add(self, page: Page) -> None:
        """Let a page wait."""
        self._file.write(page.content)
        self._lengths.append(len(page.content))

    def has_all(self, item: Item) -> bool:
        """Whether every page that is booked without being staged waits here."""
        return len(self._lengths) >= item.held_pages

    def release(self) -> Iterator[list[Any]]:
        """The rows of the pages that wait, page by page; when all are out, none is held any more."""
        self._file.seek(0)
        for length in self._lengths:
            yield rows_in(self._endpoint, self._file.read(length))
        self.give_up()

    def forget(self) -> None:
        """The list starts again from its first page."""
        self._file.seek(0)
        self._file.truncate()
        self._lengths = []

    def give_up(self) -> None:
        """Hold no page of this list any more."""
        self._marks = []
        self.known.clear()
        self.forget()
