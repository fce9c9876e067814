"""Pages of Zoom's lists, and how to know that there is another one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rollcall.sources.bodies import read_json
from rollcall.sources.zoom.endpoints import LARGEST_PAGE, Endpoint

# Marks a token of ours that stands for a page number; Zoom's own tokens hold no colon.
_NUMBERED = "page_number:"

_TOKEN = re.compile(rb'"next_page_token"\s*:\s*"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `next_token` is "" on the last one. `total_records` is Zoom's own count over all pages,
    where it gave one. `fields` are the other top-level values of the answer. Rows are as they came, NUL characters
    and entries that are no objects included. `content` is the whole answer less its page token, which is another one
    each time: the same content, the same page.
    """

    rows: list[Any]
    next_token: str
    total_records: int | None
    fields: dict[str, Any]
    content: bytes


def token_params(token: str) -> dict[str, str]:
    """The query parameters that ask for the page behind `token`."""
    if token.startswith(_NUMBERED):
        return {"page_number": token.removeprefix(_NUMBERED)}
    return {"next_page_token": token} if token else {}


def page_of(
    endpoint: Endpoint, rows: list[Any], fields: dict[str, Any], body: bytes, asked_with: str
) -> Page:
    """The page that an answer makes to a call with the token `asked_with`; `rows` and `fields` are read from `body`."""
    token = fields.get("next_page_token")
    token = token if isinstance(token, str) else ""
    if not token and rows and endpoint.numbers_pages:
        token = _next_number(fields, asked_with)
    content = _TOKEN.sub(b'"next_page_token":""', body, count=1)
    return Page(rows, token, _whole(fields.get("total_records")), fields, content)


def rows_in(endpoint: Endpoint, content: bytes) -> list[Any]:
    """The rows of a page from its `content`."""
    rows: list[Any] = read_json(content)[endpoint.rows_key]
    return rows


def _next_number(fields: dict[str, Any], asked_with: str) -> str:
    """GET /users/{id}/webinars documents no token in its query: without one, the page number goes up."""
    asked = int(asked_with.removeprefix(_NUMBERED)) if asked_with.startswith(_NUMBERED) else 1
    number = _whole(fields.get("page_number")) or asked
    size = _whole(fields.get("page_size")) or LARGEST_PAGE
    more_pages = number < (_whole(fields.get("page_count")) or 0)
    more_rows = number * size < (_whole(fields.get("total_records")) or 0)
    return f"{_NUMBERED}{number + 1}" if more_pages or more_rows else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
