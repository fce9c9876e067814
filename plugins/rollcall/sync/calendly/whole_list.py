"""Reads a list of Calendly's to its end: page tokens live for seconds, so a list that breaks off starts again."""

from __future__ import annotations

from typing import Any

from rollcall.errors import PageTokenExpired, PageTokenRepeated
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import Endpoint, describe
from rollcall.sources.values import key_of

_TRIES = 3
_PAGES_WITHOUT_NEWS = 10  # rows that shift while people book make a page come twice, not ten times


def whole_list(client: CalendlyClient, endpoint: Endpoint, item: str = "", **params: str) -> list[Any]:
    """All rows of a list, as they came; a row that shifted to the next page meanwhile may be there twice.

    Nothing else is asked of Calendly between two pages. Started again at most twice; then raises PageTokenExpired or
    PageTokenRepeated. Raises other SourceErrors, or Parked, at once.
    """
    for _ in range(_TRIES - 1):
        try:
            return _once(client, endpoint, item, params)
        except (PageTokenExpired, PageTokenRepeated):
            continue
    return _once(client, endpoint, item, params)


def _once(client: CalendlyClient, endpoint: Endpoint, item: str, params: dict[str, str]) -> list[Any]:
    rows: list[Any] = []
    seen: set[str | None] = set()
    idle = 0
    for page in client.pages(endpoint, item, **params):
        rows += page.rows
        before = len(seen)
        seen |= {key_of(row.get("uri")) for row in page.rows if isinstance(row, dict)}
        idle = 0 if len(seen) > before else idle + 1
        if idle >= _PAGES_WITHOUT_NEWS:
            raise PageTokenRepeated(
                f"Calendly gave {idle} pages in a row without anything new at {describe(endpoint, item, params)}, the "
                "list would never end; start the run again, and tell Calendly's support if it stays so."
            )
    return rows
