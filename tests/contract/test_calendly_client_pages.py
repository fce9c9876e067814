"""The Calendly client reads lists to their end: by the null token only, and never in a circle."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.errors import DataFault, PageTokenExpired, PageTokenRepeated, ServerFault
from rollcall.sources.calendly import endpoints as calendly
from rollcall.sync.calendly.standing import ask_standing
from rollcall.sync.calendly.whole_list import whole_list
from tests.contract.calendly_client_harness import EVENT, USER, CalendlyHarness, listed, refusal
from tests.contract.scripted_server import Reply, ScriptedServer, Seen


def uris(api: CalendlyHarness) -> list[str]:
    return [row["uri"] for page in api.client.pages(calendly.EVENTS, user=USER) for row in page.rows]


def test_an_empty_page_with_a_token_is_not_the_end(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [
        Reply(body=listed("a", token="T+/=1")),
        Reply(body=listed(token="T2")),
        Reply(body=listed("b")),
    ]
    assert uris(calendly_api) == ["a", "b"]
    head = server.paths[0]
    assert server.paths[1:] == [f"{head}&page_token=T%2B%2F%3D1", f"{head}&page_token=T2"]


def test_old_answers_name_the_next_page_by_its_address(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    next_page = "https://api.calendly.com/scheduled_events?page_token=T%2B1&count=100"
    server.replies = [
        Reply(body={"collection": [{"uri": "a"}], "pagination": {"count": 1, "next_page": next_page}}),
        Reply(body={"collection": [{"uri": "b"}], "pagination": {"count": 1, "next_page": None}}),
    ]
    assert uris(calendly_api) == ["a", "b"]
    assert server.paths[1].endswith("&page_token=T%2B1")


def test_a_repeated_token_ends_in_an_error_after_the_rows_that_came_with_it(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [Reply(body=listed("a", token="A")), Reply(body=listed("b", token="A"))]
    pages = calendly_api.client.pages(calendly.INVITEES, EVENT)
    assert [next(pages).rows, next(pages).rows] == [[{"uri": "a"}], [{"uri": "b"}]]
    with pytest.raises(PageTokenRepeated, match="GBGBDCAADAEDCRZ2"):
        next(pages)


@pytest.mark.parametrize(
    "dead",
    [
        refusal(400, "Invalid Argument", "page_token: is invalid"),
        refusal(
            400,
            "Invalid Argument",
            "The supplied parameters are invalid.",
            {"parameter": "page_token", "message": "is invalid"},
        ),
    ],
)
def test_a_dead_page_token_asks_for_a_new_start(
    server: ScriptedServer, calendly_api: CalendlyHarness, dead: Reply
) -> None:
    server.replies = [Reply(body=listed("a", token="A")), dead]
    pages = calendly_api.client.pages(calendly.EVENTS, user=USER)
    next(pages)
    with pytest.raises(PageTokenExpired):
        next(pages)


def test_a_bad_parameter_is_named_and_is_no_reason_to_start_again(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    details = {"parameter": "min_start_time", "message": "is invalid"}
    server.replies = [refusal(400, "Invalid Argument", "The supplied parameters are invalid.", details)]
    with pytest.raises(DataFault, match="min_start_time") as refused:
        calendly_api.client.page(calendly.EVENTS, user=USER, min_start_time="yesterday")
    assert not isinstance(refused.value, PageTokenExpired)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "pagination",
    [None, {}, [], {"count": 1}, {"next_page_token": 5}, {"next_page": "https://api.calendly.com/x?count=1"}],
)
def test_an_answer_that_does_not_say_whether_it_is_the_last_is_not_believed(
    server: ScriptedServer, calendly_api: CalendlyHarness, pagination: Any
) -> None:
    server.replies = [
        Reply(body={"collection": [{"uri": "a"}], "pagination": pagination}),
        Reply(body=listed("b")),
    ]
    assert uris(calendly_api) == ["b"]
    assert len(calendly_api.waits) == 1


@pytest.mark.parametrize(
    "broken",
    [
        Reply(body=b'{"collection": [{"uri": "a'),
        Reply(body=b"<html>maintenance</html>"),
        Reply(body={"pagination": listed()["pagination"]}),
        Reply(body={"collection": None, "pagination": listed()["pagination"]}),
        Reply(body=[]),
        Reply(body=b""),
        Reply(302, b"", {"Location": "/elsewhere"}),
        Reply(204, b""),
        Reply(424, {"title": "External Calendar Error", "message": "x"}),
        Reply(503, b"<html>"),
        Reply(body=listed("x"), cut=9),
    ],
)
def test_a_broken_page_is_fetched_again(
    server: ScriptedServer, calendly_api: CalendlyHarness, broken: Reply
) -> None:
    server.replies = [broken, Reply(body=listed("a"))]
    assert uris(calendly_api) == ["a"]


def test_a_page_that_stays_broken_is_an_error(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [Reply(500, {"title": "Internal Server Error", "message": "x"})]
    with pytest.raises(ServerFault, match="scheduled events of user 3c1d9f7a"):
        uris(calendly_api)
    assert len(server.seen) == 3


def test_an_entry_without_a_usable_uri_stops_no_list(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    odd: list[Any] = [{"uri": ["a"]}, {"uri": {}}, {}, "a", None]
    server.replies = [Reply(body={**listed(), "collection": odd}), Reply(body=listed("b"))]
    assert whole_list(calendly_api.client, calendly.EVENTS, user=USER) == odd


@pytest.mark.parametrize("odd", [None, "", 7, ["x"], "x" * 501])
def test_an_own_user_without_a_usable_uri_is_no_user(
    server: ScriptedServer, calendly_api: CalendlyHarness, odd: object
) -> None:
    me = {"uri": USER, "current_organization": odd, "email": "a@x.test"}
    server.replies = [Reply(body={"resource": me}), Reply(body=listed())]
    with pytest.raises(DataFault, match="current_organization"):
        ask_standing(calendly_api.client)


def test_members_that_never_end_are_not_asked_for_ever(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    tokens = iter(range(1000))
    me = {
        "uri": USER,
        "current_organization": "https://api.calendly.com/organizations/O1",
        "email": "a@x.test",
    }

    def answer(seen: Seen) -> Reply:
        if seen.path.startswith("/users/me"):
            return Reply(body={"resource": me})
        return Reply(body=listed(token=f"T{next(tokens)}"))

    server.answer = answer
    with pytest.raises(PageTokenRepeated, match="organization members"):
        ask_standing(calendly_api.client)
