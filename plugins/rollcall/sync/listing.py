"""A whole list at once, for the short lists of discovery."""

from __future__ import annotations

from typing import Any

from rollcall.errors import PageTokenExpired
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.faults import describe
from rollcall.sources.zoom.paging import STARTS_OVER
from rollcall.sync.account import Account
from rollcall.sync.refusals import log_if_short


def all_rows(account: Account, endpoint: Endpoint, item: str = "", **params: str) -> list[dict[str, Any]]:
    """Every row of the list, from all its pages; begun again when a page token expires on the way. A list that ends
    short of the source's own count is put on record."""
    for _ in range(STARTS_OVER):
        try:
            return _read(account, endpoint, item, params)
        except PageTokenExpired:
            continue
    return _read(account, endpoint, item, params)


def _read(account: Account, endpoint: Endpoint, item: str, params: dict[str, str]) -> list[dict[str, Any]]:
    pages = []
    for page in account.client.pages(endpoint, item, known={}, **params):
        pages.append(page)
        account.show_progress()
    served = sum(page.row_count for page in pages)
    what = " ".join((describe(endpoint, item), *params.values()))
    log_if_short(account.conn, account.run_id, what, served, pages[-1].total_records)
    return [row for page in pages for row in page.rows if isinstance(row, dict)]
