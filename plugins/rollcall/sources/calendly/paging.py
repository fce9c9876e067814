"""Pages of Calendly's lists, and how to know that there is another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `next_token` is "" on the last one. Rows are as they came, entries that are no objects
    included. Calendly gives no total, and an empty page may have a next one.
    """

    rows: list[Any]
    next_token: str


def page_of(answer: dict[str, Any]) -> Page | None:
    """The page in an answer; None where it does not say what its rows are, or whether the list goes on.

    Old answers have no `next_page_token` but only `next_page`, an address that holds the token (Calendly API
    reference, pagination).
    """
    rows, pagination = answer.get("collection"), answer.get("pagination")
    if not isinstance(rows, list) or not isinstance(pagination, dict):
        return None
    if not {"next_page_token", "next_page"} & pagination.keys():
        return None
    token = pagination.get("next_page_token") or _token_in(pagination.get("next_page"))
    return Page(rows, token or "") if token is None or isinstance(token, str) else None


def _token_in(next_page: Any) -> Any:
    """The token in that address, None for no address, and False for one without a token."""
    if next_page in (None, ""):
        return None
    try:
        return parse_qs(urlsplit(next_page).query)["page_token"][0]
    except (KeyError, ValueError, AttributeError, TypeError):
        return False
