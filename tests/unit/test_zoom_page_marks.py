"""What tells a page when it is served again, and what keeps one from being told."""

from __future__ import annotations

import orjson
import pytest

from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.page_marks import Body, by_digest
from rollcall.sources.zoom.paging import Page, known_page, page_of


def answer(token: str = "", total: int | None = 3, names: tuple[object, ...] = ("Ann", "Bo")) -> bytes:
    rows = [{"name": name} if name is not None else None for name in names]
    return orjson.dumps(
        {"page_size": 300, "next_page_token": token, "total_records": total, "participants": rows}
    )


def read(raw: bytes) -> Page:
    return page_of(zoom.REPORT_PARTICIPANTS, orjson.loads(raw), Body(raw), "")


def served_again(first: bytes, second: bytes) -> Page | None:
    """The second answer as somebody meets it who knows the first page; None where it has to be read."""
    found = known_page(zoom.REPORT_PARTICIPANTS, second, by_digest([read(first).mark]))
    return found if isinstance(found, Page) else None


@pytest.mark.parametrize("token", ["", "another", 'with "quotes" and \\', "\u00e9"])
def test_a_page_is_told_whatever_its_token_and_gives_that_one(token: str) -> None:
    page = served_again(answer("a token"), answer(token))
    assert page is not None
    assert (page.next_token, page.row_count, page.rejected, page.total_records) == (token, 2, 0, 3)
    assert page.mark == read(answer("a token")).mark
    assert page.rows == [{"name": "Ann"}, {"name": "Bo"}]


def test_its_counts_are_those_of_the_first_time() -> None:
    page = served_again(answer(total=None, names=("Ann", None, "Bo")), answer("t", None, ("Ann", None, "Bo")))
    assert page is not None
    assert (page.row_count, page.rejected, page.total_records) == (3, 1, None)


@pytest.mark.parametrize(
    "other",
    [answer(total=4), answer(names=("Ann",)), answer(names=("Bo", "Ann")), answer(names=("ann", "Bo"))],
)
def test_any_other_content_is_another_page(other: bytes) -> None:
    assert served_again(answer(), other) is None
    assert read(other).mark != read(answer()).mark


def test_a_name_that_looks_like_a_token_takes_nothing_away() -> None:
    tricky = ('"next_page_token":"mine"',)
    page = served_again(answer("a", names=tricky), answer("b", names=tricky))
    assert page is not None
    assert (page.next_token, page.rows) == ("b", [{"name": tricky[0]}])


def test_where_the_token_is_in_doubt_the_page_has_no_mark() -> None:
    assert read(answer(names=("next_page_token",))).mark is None
    assert served_again(answer(), answer(names=("next_page_token",))) is None
    twice = b'{"next_page_token":"a","next_page_token":"b","participants":[]}'
    assert read(twice).mark is None


def test_without_any_token_a_page_is_told_as_well() -> None:
    bare = b'{"participants":[{"name":"Ann"}]}'
    page = served_again(bare, bare)
    assert page is not None
    assert page.next_token == ""
    assert served_again(
        b'{"next_page_token":null,"participants":[]}', b'{"next_page_token":null,"participants":[]}'
    )


def test_what_an_earlier_release_kept_tells_nothing() -> None:
    body = Body(answer())
    assert by_digest([body.digest, None]) == {}
