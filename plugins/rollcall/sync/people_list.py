"""Reads one list of registrants or panelists and stores it page by page, but for pages that are stored already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from rollcall.errors import PageTokenExpired, Unavailable
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.page_marks import by_digest
from rollcall.sources.zoom.paging import STARTS_OVER, Known, Page
from rollcall.sources.zoom.records import Record
from rollcall.store import gaps, queue, runs
from rollcall.store.queue import Item
from rollcall.sync.account import Account
from rollcall.sync.refusals import log_if_short, log_unreadable, record_gap


@dataclass(frozen=True)
class PeopleList:
    """What tells registrants from panelists: where they are served, how a row is read (None: it can't be), and
    `write(conn, webinar_id, records)`."""

    endpoint: Endpoint
    record_of: Callable[[Mapping[str, Any]], Record | None]
    write: Callable[[psycopg.Connection, int, list[Record]], int]
    params: Mapping[str, str] = field(default_factory=dict)


def read_people(account: Account, item: Item, people: PeopleList) -> None:
    """Read the list from where the item stands and end its lease. Raises a SourceError, Parked, or RunClosed."""
    try:
        _read_from_where_it_stands(account, item, people)
    except Unavailable as refused:
        if not refused.expected:
            raise
        # The id expired meanwhile, or the webinar has no registration: nothing is missing that could be had.
        with account.conn.transaction():
            record_gap(account.conn, account.run_id, item.kind, item.subject, refused)
            queue.settle(account.conn, item, "gap")


def _read_from_where_it_stands(account: Account, item: Item, people: PeopleList) -> None:
    known = by_digest(item.known_digests or ())
    for _ in range(STARTS_OVER):
        try:
            return _read_pages(account, item, people, known)
        except PageTokenExpired:
            with account.conn.transaction():
                queue.restart(account.conn, item, None)
    return _read_pages(account, item, people, known)


def _read_pages(account: Account, item: Item, people: PeopleList, known: Known) -> None:
    pages = account.client.pages(
        people.endpoint, str(item.zoom_webinar_id), item.next_page_token, known=known, **people.params
    )
    for page in pages:
        if not _is_stored(account, item, page, known):
            _store(account, item, page, people)
        if not page.next_token:
            subject = f"{item.kind} {item.subject}"
            log_if_short(account.conn, account.run_id, subject, item.rows_fetched, page.total_records)
        account.show_progress()


def _is_stored(account: Account, item: Item, page: Page, known: Known) -> bool:
    """Book the page without storing it, where its people are stored as it has them."""
    mark = page.mark if known else None
    if mark is None or mark not in known.values():
        return False
    return queue.pass_known_page(
        account.conn,
        item,
        next_page_token=page.next_token,
        digest=mark,
        rows=page.row_count,
        rejected=page.rejected,
        total_records=page.total_records,
    )


def _store(account: Account, item: Item, page: Page, people: PeopleList) -> None:
    """Store a page and its mark in one transaction."""
    conn = account.conn
    records = [record for row in page.rows if isinstance(row, dict) and (record := people.record_of(row))]
    rejected = len(page.rows) - len(records)
    with conn.transaction():
        # Before the locks that writing takes: the end of a run asks for them in this order, too.
        runs.hold(conn, account.run)
        log_unreadable(conn, account.run_id, f"{item.kind} {item.subject}", rejected, len(page.rows))
        people.write(conn, item.webinar_id, records)
        queue.note_people_page(conn, item, page.mark)
        queue.advance(
            conn,
            item,
            next_page_token=page.next_token,
            digest=page.mark,
            rows=len(page.rows),
            rejected=rejected,
            total_records=page.total_records,
        )
        if not page.next_token:
            queue.settle(conn, item, "done")
            gaps.close_gap(conn, account.run_id, item.kind, item.subject)
