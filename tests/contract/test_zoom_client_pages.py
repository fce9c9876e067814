"""The Zoom client reads lists to their end: by token, by page number, and never in a circle."""

from __future__ import annotations

import pytest

from rollcall.errors import PageTokenExpired, PageTokenRepeated
from rollcall.sources.zoom import endpoints as zoom
from tests.contract.scripted_server import Reply, ScriptedServer, Seen
from tests.contract.zoom_client_harness import Harness, error, rows


def test_all_pages_come_with_the_same_parameters_and_the_token_of_the_page_before(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [
        Reply(body=rows("a", token="T+/=1", total_records=2)),
        Reply(body=rows(token="T2")),
        Reply(body=rows("b")),
    ]
    pages = list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u1=="))
    assert [[row["name"] for row in page.rows] for page in pages] == [["a"], [], ["b"]]
    assert pages[0].total_records == 2
    head = "/v2/report/webinars/u1%3D%3D/participants?page_size=300&include_fields=registrant_id"
    assert server.paths == [
        head,
        f"{head}&next_page_token=T%2B%2F%3D1",
        f"{head}&next_page_token=T2",
    ]


def test_a_repeated_token_is_an_error_after_the_rows_that_came_with_it(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(body=rows("a", token="A")), Reply(body=rows("b", token="A"))]
    pages = zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u")
    assert [next(pages).rows[0]["name"], next(pages).rows[0]["name"]] == ["a", "b"]
    with pytest.raises(PageTokenRepeated, match="participant report of instance u"):
        next(pages)


def test_an_expired_page_token_asks_for_a_new_start(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(body=rows("a", token="A")),
        error(300, "The next page token is invalid or expired."),
    ]
    pages = zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u")
    next(pages)
    with pytest.raises(PageTokenExpired):
        next(pages)


def test_a_hosts_webinars_go_on_by_page_number_where_no_token_comes(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    def answer(seen: Seen) -> Reply:
        number = 2 if "page_number=2" in seen.path else 1
        rows = [{"id": number}]
        return Reply(body={"webinars": rows, "page_count": 2, "page_number": number, "page_size": 1})

    server.answer = answer
    pages = list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))
    assert [page.rows[0]["id"] for page in pages] == [1, 2]


def test_page_numbers_in_quotes_are_followed_too(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(body={"webinars": [{"id": 1}], "page_count": "2", "page_number": "1", "page_size": "1"}),
        Reply(body={"webinars": [{"id": 2}], "total_records": "2", "page_number": "2", "page_size": "1"}),
    ]
    pages = list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))
    assert [page.rows[0]["id"] for page in pages] == [1, 2]
    assert pages[1].total_records == 2


@pytest.mark.parametrize("total", [10**12, "many", True, None, [3]])
def test_a_total_that_can_not_be_one_is_none(
    server: ScriptedServer, zoom_api: Harness, total: object
) -> None:
    server.replies = [Reply(body=rows("a", total_records=total))]
    page = zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert (page.row_count, page.total_records) == (1, None)
    assert page.mark is not None


def test_a_server_that_ignores_the_token_does_not_loop(server: ScriptedServer, zoom_api: Harness) -> None:
    tokens = iter(range(100))
    server.answer = lambda _seen: Reply(body=rows("a", token=f"T{next(tokens)}"))
    with pytest.raises(PageTokenRepeated, match="participant report of instance u"):
        list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))
    assert len(server.paths) == 3


def test_the_same_page_twice_is_read_on(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body=rows("a", token=token)) for token in ("A", "B")] + [Reply(body=rows("b"))]
    assert len(list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))) == 3


def test_empty_pages_alike_go_on(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body=rows(token="A")), Reply(body=rows(token="B")), Reply(body=rows("a"))]
    pages = list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))
    assert [page.row_count for page in pages] == [0, 0, 1]


def test_a_list_of_nothing_but_empty_pages_ends(server: ScriptedServer, zoom_api: Harness) -> None:
    tokens = iter(range(100))
    server.answer = lambda _seen: Reply(body=rows(token=f"T{next(tokens)}"))
    with pytest.raises(PageTokenRepeated, match="participant report of instance u"):
        list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))
    assert len(server.paths) == 30


def test_a_hosts_webinars_follow_the_token_where_one_comes(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(body={"webinars": [{"id": 1}], "next_page_token": "N", "page_count": 2, "page_number": 1}),
        Reply(body={"webinars": [{"id": 2}], "next_page_token": "", "total_records": 2, "page_size": 300}),
    ]
    assert len(list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))) == 2
    assert server.paths[1].endswith("&next_page_token=N")


def test_a_hosts_webinars_end_with_their_tokens_however_many_there_are(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [
        Reply(body={"webinars": [{"id": 1}], "next_page_token": "N", "total_records": 2, "page_size": 1}),
        Reply(body={"webinars": [{"id": 2}], "next_page_token": "", "total_records": 2, "page_size": 1}),
    ]
    assert len(list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))) == 2
    assert len(server.paths) == 2


def test_a_server_that_ignores_the_page_number_does_not_loop(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(body={"webinars": [{"id": 1}], "page_count": 9, "page_number": 1})]
    with pytest.raises(PageTokenRepeated):
        list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))
    assert len(server.paths) == 2
