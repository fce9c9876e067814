"""Pages of Zoom's lists, and how to know that there is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.sources.bodies import read_json
from rollcall.sources.values import int_of
from rollcall.sources.zoom.endpoints import LARGEST_PAGE, Endpoint
from rollcall.sources.zoom.page_marks import Body, Counts, counts_in, make_mark

Known = Mapping[bytes, bytes]
"""Marks of pages that were served before, by their digests."""

STARTS_OVER = 3
"""How often a list begins again because its page token died: what dies more often is not about time."""

# Marks a token of ours that stands for a page number; Zoom's own tokens hold no colon.
_NUMBERED = "page_number:"


class Page:
    """One page of a list. `next_token` is "" on the last one. `total_records` is Zoom's own count over all pages, where
    it gave one; `row_count` counts the rows, `rejected` those that are no objects. `mark` tells the page when it is
    served again, None where nothing can. `content` is the whole answer less its page token.
    """

    __slots__ = (
        "_body",
        "_endpoint",
        "_mark",
        "_rows",
        "content",
        "next_token",
        "rejected",
        "row_count",
        "total_records",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        body: Body,
        next_token: str,
        counts: Counts,
        *,
        mark: bytes | None = None,
        rows: list[Any] | None = None,
    ) -> None:
        self._endpoint, self._body, self._mark, self._rows = endpoint, body, mark, rows
        self.next_token = next_token
        self.row_count, self.rejected, self.total_records = counts.rows, counts.rejected, counts.total_records
        self.content = body.content

    @property
    def rows(self) -> list[Any]:
        """Its rows as they came, NUL characters and entries that are no objects included."""
        if self._rows is None:
            self._rows = rows_in(self._endpoint, self.content)
        return self._rows

    @property
    def digest(self) -> bytes:
        """Of its content: the same for a page that is served again."""
        return self._body.digest

    @property
    def mark(self) -> bytes | None:
        """Made when it is first asked for: most pages of discovery never are."""
        is_sure = self._body.is_clear and self._body.token == self.next_token
        if self._mark is None and is_sure:
            self._mark = make_mark(self._body, Counts(self.row_count, self.rejected, self.total_records))
        return self._mark


def token_params(token: str) -> dict[str, str]:
    """The query parameters that ask for the page behind `token`."""
    if token.startswith(_NUMBERED):
        return {"page_number": token.removeprefix(_NUMBERED)}
    return {"next_page_token": token} if token else {}


def known_page(endpoint: Endpoint, raw: bytes, known: Known) -> Page | Body:
    """The page of an answer that was served before, as far as its mark tells; else the answer, to be read as usual."""
    body = Body(raw)
    mark = known.get(body.digest) if body.is_clear else None
    if mark is None:
        return body
    try:
        return Page(endpoint, body, body.token, counts_in(mark), mark=mark)
    except ValueError:
        return body  # a token that is no text: the answer is not JSON, which reading it will tell


def page_of(endpoint: Endpoint, fields: dict[str, Any], body: Body, asked_with: str) -> Page:
    """The page that an answer makes to a call with the token `asked_with`; `fields` are read from it."""
    rows: list[Any] = fields.pop(endpoint.rows_key or "")
    token = fields.get("next_page_token")
    token = token if isinstance(token, str) else ""
    if not token and rows and endpoint.numbers_pages:
        token = _next_number(fields, asked_with)
    rejected = sum(not isinstance(row, dict) for row in rows)
    counts = Counts(len(rows), rejected, int_of(fields.get("total_records")))
    return Page(endpoint, body, token, counts, rows=rows)


def rows_in(endpoint: Endpoint, content: bytes) -> list[Any]:
    """The rows of a page from its `content`."""
    rows: list[Any] = read_json(content)[endpoint.rows_key]
    return rows


def _next_number(fields: dict[str, Any], asked_with: str) -> str:
    """GET /users/{id}/webinars documents no token in its query: without one, the page number goes up. A list that was
    followed by tokens so far ends with them."""
    if asked_with and not asked_with.startswith(_NUMBERED):
        return ""
    asked = int(asked_with.removeprefix(_NUMBERED)) if asked_with.startswith(_NUMBERED) else 1
    number = int_of(fields.get("page_number")) or asked
    size = int_of(fields.get("page_size")) or LARGEST_PAGE
    more_pages = number < (int_of(fields.get("page_count")) or 0)
    more_rows = number * size < (int_of(fields.get("total_records")) or 0)
    return f"{_NUMBERED}{number + 1}" if more_pages or more_rows else ""
