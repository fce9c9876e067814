"""The Calendly client over real HTTP: what reaches the wire, what comes out, and what must never show."""

from __future__ import annotations

import json
import logging
import traceback

import pytest
import requests

from rollcall.errors import (
    AlreadyThere,
    AuthRefused,
    DataFault,
    NetworkFault,
    Parked,
    RollcallError,
    ServerFault,
    WrongUse,
)
from rollcall.sources.calendly import endpoints as calendly
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.endpoints import Endpoint
from tests.contract.calendly_client_harness import (
    EVENT,
    LIMITS,
    ORGANIZATION,
    TOKEN,
    USER,
    CalendlyHarness,
    listed,
    refusal,
)
from tests.contract.scripted_server import Reply, ScriptedServer

HOOK = {
    "uri": "https://api.calendly.com/webhook_subscriptions/BBBB",
    "state": "active",
    "callback_url": "https://sync.example.test/hooks/1",
}


def test_an_object_comes_out_of_its_wrapper(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [Reply(body={"resource": {"uri": USER, "current_organization": ORGANIZATION}})]
    assert calendly_api.client.get(calendly.ME)["current_organization"] == ORGANIZATION
    assert server.paths == ["/users/me"]
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}-0"
    assert calendly_api.paced == calendly_api.client.calls == 1


@pytest.mark.parametrize(
    "body", [{}, {"resource": None}, {"resource": {"name": "Intro call"}}, {"uri": EVENT}, [EVENT]]
)
def test_what_is_not_the_object_with_its_uri_is_not_believed(
    server: ScriptedServer, calendly_api: CalendlyHarness, body: object
) -> None:
    server.replies = [Reply(body=body)]
    with pytest.raises(ServerFault, match="lacks what was asked for"):
        calendly_api.client.get(calendly.EVENT, EVENT)


@pytest.mark.parametrize(
    ("endpoint", "item", "path"),
    [
        (calendly.EVENT, EVENT, "/scheduled_events/GBGBDCAADAEDCRZ2"),
        (calendly.EVENT, "GBGBDCAADAEDCRZ2", "/scheduled_events/GBGBDCAADAEDCRZ2"),
        (calendly.EVENT, f"{EVENT}/", "/scheduled_events/GBGBDCAADAEDCRZ2"),
    ],
)
def test_a_path_holds_the_last_segment_of_the_uri(
    server: ScriptedServer, calendly_api: CalendlyHarness, endpoint: Endpoint, item: str, path: str
) -> None:
    server.replies = [Reply(body={"resource": {"uri": item}})]
    calendly_api.client.get(endpoint, item)
    assert server.paths == [path]


@pytest.mark.parametrize("item", ["", "..", "a/b", USER, f"{EVENT}/..", f"{EVENT}%2F..", "https://[", "a b"])
def test_an_item_that_would_change_the_path_makes_no_call(
    server: ScriptedServer, calendly_api: CalendlyHarness, item: str
) -> None:
    with pytest.raises(DataFault, match="scheduled event"):
        calendly_api.client.get(calendly.EVENT, item)
    assert server.seen == []


def test_uris_stand_whole_in_the_query(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [Reply(body=listed())]
    since = "2026-08-20T00:00:00.000000Z"
    list(calendly_api.client.pages(calendly.EVENTS, organization=ORGANIZATION, min_start_time=since))
    assert server.paths == [
        "/scheduled_events?organization=https%3A%2F%2Fapi.calendly.com%2Forganizations%2FAAAAAAAAAAAAAAAA"
        "&min_start_time=2026-08-20T00%3A00%3A00.000000Z&count=100"
    ]


def test_a_subscription_is_made_found_and_deleted(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [
        Reply(201, {"resource": HOOK}),
        Reply(body={"resource": HOOK}),
        Reply(204, b""),
        refusal(404, "Resource Not Found", "The server could not find the requested resource."),
    ]
    client = calendly_api.client
    made = client.post(
        calendly.WEBHOOKS,
        url=HOOK["callback_url"],
        events=["invitee.created", "invitee.canceled"],
        organization=ORGANIZATION,
        scope="organization",
        signing_key="k" * 43,
    )
    assert client.get(calendly.WEBHOOK, made["uri"])["state"] == "active"
    assert client.delete(calendly.WEBHOOK, made["uri"]) is True
    assert client.delete(calendly.WEBHOOK, made["uri"]) is False
    assert [seen.method for seen in server.seen] == ["POST", "GET", "DELETE", "DELETE"]
    assert server.seen[0].headers["content-type"] == "application/json"
    assert json.loads(server.seen[0].body)["events"] == ["invitee.created", "invitee.canceled"]


def test_what_may_have_been_made_is_not_made_again(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    for broken in (Reply(502, b"<html>bad gateway</html>"), Reply(201, {"resource": HOOK}, cut=4)):
        server.seen.clear()
        server.replies = [broken]
        with pytest.raises((ServerFault, NetworkFault)):
            calendly_api.client.post(calendly.WEBHOOKS, url="https://sync.example.test/hooks/1")
        assert len(server.seen) == 1


def test_a_creation_refused_by_the_limit_is_sent_again(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [Reply(429, b"", LIMITS), Reply(201, {"resource": HOOK})]
    assert calendly_api.client.post(calendly.WEBHOOKS, url="https://sync.example.test/hooks/1") == HOOK


def test_a_hook_in_the_way_is_told_apart(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [refusal(409, "Already Exists", "Hook with this url already exists")]
    with pytest.raises(AlreadyThere, match="of organization AAAAAAAAAAAAAAAA"):
        calendly_api.client.post(calendly.WEBHOOKS, organization=ORGANIZATION)


@pytest.mark.parametrize("url", ["http://api.calendly.example", "ftp://127.0.0.1", "api.calendly.com"])
def test_a_calendly_token_never_goes_to_an_unsafe_address(url: str) -> None:
    with pytest.raises(WrongUse, match=r"https://"):
        CalendlyClient(requests.Session, url, lambda _: TOKEN, lambda: None)


def test_neither_token_nor_body_nor_person_shows(
    server: ScriptedServer, calendly_api: CalendlyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = "mira@acme.test may not page_token min_start_time"
    details = {"parameter": "mira@acme.test", "message": "mira"}
    person, key = "mira@acme.test", "mira-key"
    texts = []
    for status in (400, 401, 403, 404, 409, 418, 424, 500):
        server.replies = [refusal(status, "mira", message, details, required_scopes=["mira@acme.test", 5])]
        with pytest.raises(RollcallError) as failed:
            calendly_api.client.page(calendly.EVENTS, user=person, min_start_time="x")
        texts.append("".join(traceback.format_exception(failed.value)))
    for reply in (
        Reply(429, b"mira", {"Retry-After": "9999"}),
        Reply(body=b"mira@acme.test"),
        Reply(body=b"mira@acme.test", cut=3),
        Reply(body={"collection": ["mira"]}),
    ):
        server.replies = [reply]
        with pytest.raises((AuthRefused, DataFault, ServerFault, Parked, NetworkFault)) as failed:
            calendly_api.client.page(calendly.INVITEES, EVENT, email=person)
        texts.append("".join(traceback.format_exception(failed.value)))
    server.replies = [refusal(400, "Invalid Argument", "mira")]
    with pytest.raises(DataFault) as failed:
        calendly_api.client.post(calendly.WEBHOOKS, url="https://sync.example.test/x", signing_key=key)
    texts.append("".join(traceback.format_exception(failed.value)))
    everything = "\n".join(texts + calendly_api.reasons) + repr(calendly_api.client)
    for secret in (TOKEN, "mira"):
        assert secret not in everything
    assert TOKEN not in caplog.text
    assert key not in caplog.text
