"""A whole list at once, for the short lists of discovery."""

from __future__ import annotations

from typing import Any

from rollcall.errors import PageTokenExpired
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Endpoint

_STARTS_OVER = 3


def all_rows(client: ZoomClient, endpoint: Endpoint, item: str = "", **params: str) -> list[dict[str, Any]]:
    """Every row of the list, from all its pages; begun again when a page token expires on the way."""
    for _ in range(_STARTS_OVER):
        try:
            return _read(client, endpoint, item, params)
        except PageTokenExpired:
            continue
    return _read(client, endpoint, item, params)


def _read(client: ZoomClient, endpoint: Endpoint, item: str, params: dict[str, str]) -> list[dict[str, Any]]:
    pages = client.pages(endpoint, item, known={}, **params)
    return [row for page in pages for row in page.rows if isinstance(row, dict)]
