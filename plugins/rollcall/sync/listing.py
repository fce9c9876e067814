"""A whole list at once, for the short lists of discovery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rollcall.errors import PageTokenExpired
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.faults import describe
from rollcall.sources.zoom.paging import STARTS_OVER, Page
from rollcall.sync.account import Account
from rollcall.sync.refusals import log_if_short, log_unreadable

T = TypeVar("T")
Row = dict[str, Any]


def all_records(
    account: Account,
    endpoint: Endpoint,
    record_of: Callable[[Row], T | None],
    item: str = "",
    *,
    concerns: Callable[[Row], bool] = lambda _row: True,
    **params: str,
) -> list[T]:
    """The records of every row that `concerns` us, from all pages of the list; begun again when a page token expires on
    the way. A list that ends short of the source's own count is put on record, and so are unreadable rows."""
    pages = _all_pages(account, endpoint, item, params)
    what = " ".join((describe(endpoint, item), *params.values()))
    served = sum(page.row_count for page in pages)
    log_if_short(account.conn, account.run_id, what, served, pages[-1].total_records)
    rows = [row for page in pages for row in page.rows if not isinstance(row, dict) or concerns(row)]
    return readable(account, what, rows, record_of)


def readable(
    account: Account, what: str, rows: Sequence[Any], record_of: Callable[[Row], T | None]
) -> list[T]:
    """The records of the rows of `what`. Rows that are no objects, or of which `record_of` makes nothing, are put on
    record."""
    records = [record for row in rows if isinstance(row, dict) and (record := record_of(row)) is not None]
    log_unreadable(account.conn, account.run_id, what, len(rows) - len(records), len(rows))
    return records


def _all_pages(account: Account, endpoint: Endpoint, item: str, params: dict[str, str]) -> list[Page]:
    for _ in range(STARTS_OVER):
        try:
            return _read(account, endpoint, item, params)
        except PageTokenExpired:
            continue
    return _read(account, endpoint, item, params)


def _read(account: Account, endpoint: Endpoint, item: str, params: dict[str, str]) -> list[Page]:
    pages = []
    for page in account.client.pages(endpoint, item, known={}, **params):
        pages.append(page)
        account.show_progress()
    return pages
